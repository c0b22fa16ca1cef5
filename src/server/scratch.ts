/** Enough for any frame of small packets, in bytes. */
const SIZE = 131_072;

/**
 * Memory that is written over with each frame. New memory for each would have V8 collect its garbage all the time, and
 * look at all that hangs off thousands of clients for that.
 */
export class Scratch {
  #memory: Buffer | undefined;

  /** What was taken before is gone. */
  take(length: number): Buffer {
    if (!this.#memory || this.#memory.length < length) this.#memory = Buffer.allocUnsafeSlow(Math.max(length, SIZE));
    return this.#memory.subarray(0, length);
  }

  /** What was taken last is still needed: other memory comes next. */
  leave(): void {
    this.#memory = undefined;
  }
}
