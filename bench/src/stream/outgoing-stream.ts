import type { Outlet } from './stream-contestant.js';

export interface OutgoingOptions {
  readonly chunk: Buffer;
  /** Whole chunks are written until there are so many. */
  readonly bytes: number;
  readonly failed: (error: Error) => void;
}

/** Keeps one stream as full as it lets itself be. */
export class OutgoingStream {
  /** Settles when the last byte is written. */
  readonly ended: Promise<void>;
  readonly #outlet: Outlet;
  #written = 0;
  #stopped = false;

  constructor(outlet: Outlet, { chunk, bytes, failed }: OutgoingOptions) {
    this.#outlet = outlet;
    this.ended = this.#fill(chunk, bytes).catch(failed);
  }

  /** In bytes. */
  get written(): number {
    return this.#written;
  }

  stop(): Promise<void> {
    this.#stopped = true;
    return this.ended;
  }

  async #fill(chunk: Buffer, bytes: number): Promise<void> {
    while (!this.#stopped && this.#written < bytes) {
      this.#written += chunk.length;
      if (!this.#outlet.write(chunk)) await this.#outlet.drained();
    }
    this.#outlet.end();
  }
}
