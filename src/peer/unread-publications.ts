import { Fifo } from '../async/fifo.js';
import { WakeUp } from '../async/wake-up.js';
import { MAX_UNREAD_BYTES, MAX_UNREAD_PUBLICATIONS } from '../protocol/limits.js';
import type { P2PError } from '../protocol/p2p-error.js';

interface Unread<Value> {
  readonly value: Value;
  readonly size: number;
}

/** Publications that wait to be iterated: the latest, up to a bound. */
export class UnreadPublications<Value> {
  readonly #values = new Fifo<Unread<Value>>();
  readonly #changed = new WakeUp();
  #bytes = 0;
  #isOver = false;
  #reason: P2PError | undefined;

  /** @param size encoded, in bytes. @returns how many of the oldest made way for it */
  push(value: Value, size: number): number {
    if (this.#isOver) return 0;
    this.#values.push({ value, size });
    this.#bytes += size;
    let dropped = 0;
    while (this.#values.size > MAX_UNREAD_PUBLICATIONS || (this.#bytes > MAX_UNREAD_BYTES && this.#values.size > 1)) {
      this.#take();
      dropped++;
    }
    this.#changed.all();
    return dropped;
  }

  /** No more will come; what is there can still be read. */
  end(reason?: P2PError): void {
    this.#isOver = true;
    this.#reason = reason;
    this.#changed.all();
  }

  /** Nobody reads any more. */
  leave(): void {
    this.#values.clear();
    this.end();
  }

  /** @throws P2PError with which it ended */
  async next(): Promise<IteratorResult<Value, undefined>> {
    while (this.#values.isEmpty && !this.#isOver) await this.#changed.next();
    if (!this.#values.isEmpty) return { done: false, value: this.#take() };
    if (this.#reason) throw this.#reason;
    return { done: true, value: undefined };
  }

  #take(): Value {
    // Only called while there is one.
    const { value, size } = this.#values.shift() as Unread<Value>;
    this.#bytes -= size;
    return value;
  }
}
