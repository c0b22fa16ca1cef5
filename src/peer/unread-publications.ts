import { Fifo } from '../async/fifo.js';
import { WakeUp } from '../async/wake-up.js';
import { MAX_UNREAD_PUBLICATIONS } from '../protocol/limits.js';
import type { P2PError } from '../protocol/p2p-error.js';

/** Publications that wait to be iterated: the latest, up to a bound. */
export class UnreadPublications<Value> {
  readonly #values = new Fifo<Value>();
  readonly #changed = new WakeUp();
  #isOver = false;
  #reason: P2PError | undefined;

  /** @returns whether there was room for it: where there is none, the oldest makes way */
  push(value: Value): boolean {
    if (this.#isOver) return true;
    this.#values.push(value);
    const hasRoom = this.#values.size <= MAX_UNREAD_PUBLICATIONS;
    if (!hasRoom) this.#values.shift();
    this.#changed.all();
    return hasRoom;
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
    if (!this.#values.isEmpty) return { done: false, value: this.#values.shift() as Value };
    if (this.#reason) throw this.#reason;
    return { done: true, value: undefined };
  }
}
