/** Messages that are kept until those before them have come, in bytes. */
const MAX_EARLY = 64 * 1_048_576;

/** What comes from one server: each message once, in the order of their numbers. */
export class IncomingRow {
  readonly #take: (bytes: Buffer) => void;
  #expected = 1;
  /** What came before its turn, by number. */
  readonly #early = new Map<number, Buffer>();
  #earlyBytes = 0;
  #closed = false;

  /** `take` gets each message. */
  constructor(take: (bytes: Buffer) => void) {
    this.#take = take;
  }

  /** All up to this one have come. */
  get last(): number {
    return this.#expected - 1;
  }

  /** Something behind that has come, too. */
  get hasGap(): boolean {
    return this.#early.size > 0;
  }

  receive(sequence: number, bytes: Buffer): void {
    if (sequence > this.#expected) return this.#keep(sequence, bytes);
    if (sequence < this.#expected) return;
    for (let next: Buffer | undefined = bytes; next && !this.#closed; next = this.#early.get(this.#expected)) {
      if (this.#early.delete(this.#expected)) this.#earlyBytes -= next.byteLength;
      this.#expected++;
      this.#take(next);
    }
  }

  close(): void {
    this.#closed = true;
    this.#early.clear();
  }

  #keep(sequence: number, bytes: Buffer): void {
    if (this.#early.has(sequence) || this.#earlyBytes + bytes.byteLength > MAX_EARLY) return;
    this.#early.set(sequence, bytes);
    this.#earlyBytes += bytes.byteLength;
  }
}
