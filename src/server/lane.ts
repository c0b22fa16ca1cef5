import { writeFrameHeader } from '../protocol/frame.js';
import { HeadNumbers } from '../protocol/head-numbers.js';
import { FULL_FRAME } from '../protocol/limits.js';
import type { FrameBuilder } from './frame-builder.js';
import { Outlet } from './outlet.js';
import type { RawServerSocket } from './raw-server.js';
import type { SendQueue } from './send-queue.js';
import { TurnQueue } from './turn-queue.js';
import { frameHeader } from './websocket-frame.js';

/** Who hears of it when something has left this process: one of the two. */
export interface WrittenOptions {
  /** Counts what is queued. */
  readonly queue?: SendQueue | undefined;
  /** Never called where the session ends before. */
  readonly flushed?: (() => void) | undefined;
}

/** The way to one client by frames: what it is sent in one turn of the event loop leaves as one. */
export class Lane {
  /** By which frames name its session. */
  readonly number: number;
  /** What stands for the names in packets to this client. */
  readonly numbers = new HeadNumbers();
  readonly #socket: RawServerSocket;
  readonly #outlet: Outlet;
  readonly #builder: FrameBuilder;
  readonly #records: TurnQueue<Uint8Array>;
  /** Those to be told when what waits has been written. */
  #written: (() => void)[] = [];
  /** Where the rest of it is counted, and how much that is, in bytes. */
  #queue: SendQueue | undefined;
  #counted = 0;

  constructor(number: number, socket: RawServerSocket, builder: FrameBuilder) {
    this.number = number;
    this.#socket = socket;
    this.#outlet = Outlet.of(socket.conn);
    this.#builder = builder;
    this.#records = new TurnQueue({
      outlet: this.#outlet,
      endOfTurn: builder.endOfTurn,
      full: FULL_FRAME,
      write: (records) => this.#write(records),
    });
  }

  /** One record, or several in a row. */
  append(records: Uint8Array, { queue, flushed }: WrittenOptions = {}): void {
    if (queue) this.#count(queue, records.byteLength);
    else if (flushed) this.#written.push(flushed);
    this.#records.append(records, records.byteLength);
  }

  /** A frame that is complete, but for the number of the lane. */
  appendFrame(frame: Uint8Array, { queue, flushed }: WrittenOptions = {}): void {
    this.flush();
    if (!this.#socket.connected) return;
    writeFrameHeader(frame, 0, this.number);
    const written = queue ? queue.count(frame.byteLength) : flushed;
    const whole = [frameHeader(frame.byteLength), frame as Buffer];
    this.#outlet.write(frame, { compress: true, wsPreEncodedFrame: whole }, written);
  }

  /** Writes what waits. */
  flush(): void {
    this.#records.flush();
  }

  close(): void {
    this.#records.close();
  }

  #write(records: readonly Uint8Array[]): void {
    const written = this.#takeWritten();
    if (!this.#socket.connected) return;
    const { message, options } = this.#builder.build(this.number, records, this.#outlet);
    this.#outlet.write(message, options, written);
  }

  #count(queue: SendQueue, bytes: number): void {
    if (queue !== this.#queue) this.#endCount();
    this.#queue = queue;
    this.#counted += bytes;
    queue.add(bytes);
  }

  /** All that one queue counts is taken off it at once. */
  #endCount(): void {
    const queue = this.#queue;
    const bytes = this.#counted;
    this.#counted = 0;
    if (queue && bytes > 0) this.#written.push(() => queue.remove(bytes));
  }

  #takeWritten(): (() => void) | undefined {
    this.#endCount();
    const written = this.#written;
    if (written.length > 0) this.#written = [];
    if (written.length <= 1) return written[0];
    return () => {
      for (const callback of written) callback();
    };
  }
}
