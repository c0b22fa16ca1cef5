import { MAX_LANE } from '../protocol/frame.js';
import { canTap, tapFrames } from '../protocol/frame-tap.js';
import { type Connection, decoderOf } from './connection.js';
import { unmaskFast } from './fast-unmask.js';
import { HeldInput } from './held-input.js';
import { SHORT_FRAME } from './lane-receiver.js';
import type { RawServerSocket } from './raw-server.js';

/** Takes a frame of its lane. @returns where to go on in another turn, where it is long */
export type FrameListener = (frame: Uint8Array, start?: number) => number | undefined;

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
export class ConnectionTap {
  readonly #held: HeldInput;
  readonly #lanes = new Map<number, FrameListener>();
  #last = 0;
  #textListeners: TextListener[] = [];
  /** The texts that came last, and nothing else since. */
  #row: { readonly listener: TextListener; readonly texts: unknown[] } | undefined;

  private constructor(socket: RawServerSocket) {
    this.#held = new HeldInput(socket);
  }

  /** Missing: this connection has a decoder that is not known here. */
  static of(socket: RawServerSocket): ConnectionTap | undefined {
    const present = taps.get(socket.conn);
    if (present) return present;
    const decoder = decoderOf(socket);
    if (!canTap(decoder)) return undefined;
    const tap = new ConnectionTap(socket);
    tapFrames(decoder, {
      frame: (lane, frame) => tap.#takeFrame(lane, frame),
      text: (text) => tap.#takeText(text),
      hold: (data) => tap.#held.take(data),
    });
    taps.set(socket.conn, tap);
    unmaskFast(socket);
    return tap;
  }

  /** @returns the number of the lane, which no other has had; 0 where all are used up */
  openLane(listener: FrameListener): number {
    if (this.#last === MAX_LANE) return 0;
    this.#lanes.set(++this.#last, listener);
    return this.#last;
  }

  closeLane(lane: number): void {
    this.#lanes.delete(lane);
  }

  /** @returns ends it */
  listenToTexts<T>(listener: TextListener<T>): () => void {
    this.#textListeners.push(listener as TextListener);
    return () => {
      this.#textListeners = this.#textListeners.filter((each) => each !== listener);
    };
  }

  /** What comes for a lane that is over is late, no fault. */
  #takeFrame(lane: number, frame: Uint8Array): boolean {
    if (lane === 0 || lane > this.#last) return false;
    const listener = this.#lanes.get(lane);
    if (!listener) return true;
    if (frame.byteLength <= SHORT_FRAME) {
      defer(listener, frame);
    } else {
      this.#held.begin();
      defer(() => this.#readLong(listener, frame), undefined);
    }
    return true;
  }

  #readLong(listener: FrameListener, frame: Uint8Array, start?: number): void {
    const next = listener(frame, start);
    if (next === undefined) this.#held.end();
    else setImmediate(() => this.#readLong(listener, frame, next));
  }

  #takeText(text: string): boolean {
    const row = this.#row;
    this.#row = undefined;
    const listener = this.#textListeners.find(({ prefix }) => text.startsWith(prefix));
    const read = listener?.read(text);
    if (!listener || read === undefined) return false;
    this.#row = row?.listener === listener ? row : this.#beginRow(listener);
    this.#row.texts.push(read);
    return true;
  }

  #beginRow(listener: TextListener) {
    const row = { listener, texts: [] as unknown[] };
    defer(() => {
      if (this.#row === row) this.#row = undefined;
      listener.take(row.texts);
    }, undefined);
    return row;
  }
}

/** As late as Socket.IO hands on events, so that everything stays in its order. */
function defer<T>(listener: (value: T) => unknown, value: T): void {
  process.nextTick(process.nextTick, listener, value);
}
