import type { Socket } from 'node:net';
import type { ConnectedWire, FrameCount } from './wire.js';

/** A wire of a protocol that says each message by itself, always in the same bytes. */
export class WrittenWire implements ConnectedWire {
  readonly frames: FrameCount = { sent: 0, received: 0 };
  socket: Socket | undefined;
  readonly #write: (payload: Uint8Array) => Buffer;
  #message: Buffer = Buffer.alloc(0);
  #rows: Buffer[] = [];
  #count = 0;
  #listener: (count: number) => void = () => {};

  constructor(write: (payload: Uint8Array) => Buffer) {
    this.#write = write;
  }

  load(payload: unknown): void {
    this.#message = this.#write(payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload)));
    this.#rows = [];
  }

  send(count: number): void {
    this.#rows[count] ??= Buffer.concat(Array.from({ length: count }, () => this.#message));
    this.frames.sent += count;
    this.socket!.write(this.#rows[count]);
  }

  receive(listener: (count: number) => void): void {
    this.#listener = listener;
  }

  /** One more has come. */
  count(): void {
    this.frames.received++;
    this.#count++;
  }

  /** All of a piece have been counted. */
  tell(): void {
    const count = this.#count;
    this.#count = 0;
    if (count > 0) this.#listener(count);
  }
}
