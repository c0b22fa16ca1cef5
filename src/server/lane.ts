import { writeFrameHeader } from '../protocol/frame.js';
import { HeadNumbers } from '../protocol/head-numbers.js';
import { FULL_FRAME } from '../protocol/limits.js';
import type { FrameBuilder } from './frame-builder.js';
import { Outlet } from './outlet.js';
import type { RawServerSocket } from './raw-server.js';
import type { SendQueue } from './send-queue.js';
import { TurnQueue } from './turn-queue.js';
import { frameHeader } from './websocket-frame.js';

/** Who hears of it when something has left this process: what counts it as queued, or who is called, if the session lasts. */
export type WrittenOptions =
  | { readonly queue?: SendQueue | undefined; readonly flushed?: undefined }
  | { readonly queue?: undefined; readonly flushed?: (() => void) | undefined };

/** The way to one client by frames: what it is sent in one turn of the event loop leaves as one. */
export class Lane extends TurnQueue<Uint8Array> {
  /** By which frames name its session. */
  readonly number: number;
  readonly #socket: RawServerSocket;
  readonly #builder: FrameBuilder;
  #numbers: HeadNumbers | undefined;
  /** Those to be told when what waits has been written. */
  #written: (() => void)[] | undefined;
  /** Where the rest of it is counted, and how much that is, in bytes. */
  #queue: SendQueue | undefined;
  #counted = 0;

  constructor(number: number, socket: RawServerSocket, builder: FrameBuilder) {
    super({ outlet: Outlet.of(socket.conn), endOfTurn: builder.endOfTurn, full: FULL_FRAME });
    this.number = number;
    this.#socket = socket;
    this.#builder = builder;
  }

  /** What stands for the names in packets to this client. */
  get numbers(): HeadNumbers {
    this.#numbers ??= new HeadNumbers();
    return this.#numbers;
  }

  /** One record, or several in a row. */
  append(records: Uint8Array, { queue, flushed }: WrittenOptions = {}): void {
    if (queue) this.#count(queue, records.byteLength);
    else if (flushed) this.#tell(flushed);
    this.put(records, records.byteLength);
  }

  /** A frame that is complete, but for the number of the lane. */
  appendFrame(frame: Uint8Array, { queue, flushed }: WrittenOptions = {}): void {
    this.flush();
    if (!this.#socket.connected) return;
    writeFrameHeader(frame, 0, this.number);
    const written = queue ? queue.count(frame.byteLength) : flushed;
    this.outlet.write({ message: frame, whole: [frameHeader(frame.byteLength), frame as Buffer] }, written);
  }

  protected override write(records: readonly Uint8Array[]): void {
    const written = this.#takeWritten();
    if (!this.#socket.connected) return;
    const { outlet } = this;
    const builder = this.#builder;
    const { sender } = outlet;
    outlet.write(builder.build(this.number, records, sender !== undefined), written, sender);
    if (!outlet.isClear) builder.keep();
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
    if (queue && bytes > 0) this.#tell(() => queue.remove(bytes));
  }

  #tell(callback: () => void): void {
    this.#written ??= [];
    this.#written.push(callback);
  }

  #takeWritten(): (() => void) | undefined {
    this.#endCount();
    const written = this.#written;
    if (!written) return undefined;
    this.#written = undefined;
    if (written.length === 1) return written[0];
    return () => {
      for (const callback of written) callback();
    };
  }
}
