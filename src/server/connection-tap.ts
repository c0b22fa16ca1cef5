import { MAX_LANE } from '../protocol/frame.js';
import { hasMoreRecords } from '../protocol/frame-reader.js';
import { canTap, type FrameTaker, tapFrames } from '../protocol/frame-tap.js';
import { type Connection, decoderOf } from './connection.js';
import { hastenReceiver } from './fast-receiver.js';
import { HeldInput } from './held-input.js';
import { MOST_RECORDS } from './lane-receiver.js';
import type { RawServerSocket } from './raw-server.js';

/** Takes the frames of a lane. */
export interface FrameReceiver {
  /** @returns where to go on in another turn, where it is long */
  receive(frame: Uint8Array, start?: number): number | undefined;
}

/** Takes texts that a plain client has sent to one namespace. */
export interface TextListener<T = unknown> {
  /** What all of them begin with. */
  readonly prefix: string;
  /** Reads one as it comes; nothing where it is left to Socket.IO. */
  read(text: string): T | undefined;
  /** Takes those that came in a row. */
  take(row: readonly T[]): void;
}

const taps = new WeakMap<Connection, ConnectionTap>();

/** Takes what is ours off one connection, before Socket.IO reads it. It may have joined several namespaces. */
export class ConnectionTap implements FrameTaker {
  readonly #socket: RawServerSocket;
  /** By their numbers, which count from 1. */
  #lanes: readonly (FrameReceiver | undefined)[] = [];
  #textListeners: readonly TextListener[] = [];
  /** The texts that came last, and nothing else since. */
  #row: { readonly listener: TextListener; readonly texts: unknown[] } | undefined;
  /** There once a long frame has come. */
  #held: HeldInput | undefined;

  private constructor(socket: RawServerSocket) {
    this.#socket = socket;
  }

  /** Missing: this connection has a decoder that is not known here. */
  static of(socket: RawServerSocket): ConnectionTap | undefined {
    const present = taps.get(socket.conn);
    if (present) return present;
    const decoder = decoderOf(socket);
    if (!canTap(decoder)) return undefined;
    const tap = new ConnectionTap(socket);
    tapFrames(decoder, tap);
    taps.set(socket.conn, tap);
    hastenReceiver(socket);
    return tap;
  }

  /** @returns the number of the lane, which no other has had; 0 where all are used up */
  openLane(receiver: FrameReceiver): number {
    if (this.#lanes.length === MAX_LANE) return 0;
    this.#lanes = this.#lanes.concat([receiver]);
    return this.#lanes.length;
  }

  closeLane(lane: number): void {
    this.#lanes = this.#lanes.with(lane - 1, undefined);
  }

  /** @returns ends it */
  listenToTexts<T>(listener: TextListener<T>): () => void {
    this.#textListeners = this.#textListeners.concat([listener as TextListener]);
    return () => {
      this.#textListeners = this.#textListeners.filter((each) => each !== listener);
    };
  }

  /** What comes for a lane that is over is late, no fault. */
  frame(lane: number, frame: Uint8Array): boolean {
    if (lane === 0 || lane > this.#lanes.length) return false;
    const receiver = this.#lanes[lane - 1];
    if (!receiver) return true;
    if (hasMoreRecords(frame, MOST_RECORDS)) {
      this.#held ??= new HeldInput(this.#socket);
      this.#held.begin();
      defer(() => this.#readLong(receiver, frame));
    } else {
      defer(receive, receiver, frame);
    }
    return true;
  }

  text(text: string): boolean {
    const row = this.#row;
    this.#row = undefined;
    const listener = this.#textListeners.find(({ prefix }) => text.startsWith(prefix));
    const read = listener?.read(text);
    if (!listener || read === undefined) return false;
    this.#row = row?.listener === listener ? row : this.#beginRow(listener);
    this.#row.texts.push(read);
    return true;
  }

  hold(data: unknown): boolean {
    return this.#held?.take(data) ?? false;
  }

  #readLong(receiver: FrameReceiver, frame: Uint8Array, start?: number): void {
    let next: number | undefined;
    try {
      next = receiver.receive(frame, start);
    } finally {
      if (next === undefined) this.#held?.end();
    }
    if (next !== undefined) setImmediate(() => this.#readLong(receiver, frame, next));
  }

  #beginRow(listener: TextListener) {
    const row = { listener, texts: [] as unknown[] };
    defer(() => {
      if (this.#row === row) this.#row = undefined;
      listener.take(row.texts);
    });
    return row;
  }
}

function receive(receiver: FrameReceiver, frame: Uint8Array): void {
  receiver.receive(frame);
}

/** As late as Socket.IO hands on events, so that everything stays in its order. */
function defer<Args extends readonly unknown[]>(task: (...args: Args) => void, ...args: Args): void {
  process.nextTick(process.nextTick, task, ...args);
}
