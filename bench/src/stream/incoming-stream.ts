import type { Brake, Inlet } from './stream-contestant.js';

export interface IncomingOptions {
  readonly brake: Brake;
  /** Bytes after which nothing more is read, until `readOn`. */
  readonly readOnly: number;
  /** What the stream begins with. */
  readonly chunk: Buffer;
  readonly ended: () => void;
}

/** Counts one stream, and is a reader that may stop. */
export class IncomingStream implements Inlet {
  readonly #options: IncomingOptions;
  #readOnly: number;
  #received = 0;
  #hasEnded = false;

  constructor(options: IncomingOptions) {
    this.#options = options;
    this.#readOnly = options.readOnly;
  }

  /** In bytes. */
  get received(): number {
    return this.#received;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  take(bytes: Uint8Array): void {
    // One look per stream: looking is no part of streaming.
    if (this.#received < this.#options.chunk.length) this.#check(bytes);
    this.#received += bytes.length;
    if (this.#received >= this.#readOnly) this.#options.brake.pause();
  }

  readOn(): void {
    this.#readOnly = Number.POSITIVE_INFINITY;
    this.#options.brake.resume();
  }

  ended(): void {
    this.#hasEnded = true;
    this.#options.ended();
  }

  #check(bytes: Uint8Array): void {
    const sent = this.#options.chunk.subarray(this.#received, this.#received + bytes.length);
    if (!sent.equals(bytes.subarray(0, sent.length))) throw new Error('A stream carried other bytes than were sent');
  }
}
