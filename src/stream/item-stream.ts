import { WakeUp } from '../async/wake-up.js';
import { P2PError, readWireError, toP2PError, wireErrorOf } from '../protocol/p2p-error.js';
import type { StreamEnd } from './stream-end.js';

export interface ItemStreamListener {
  /** Both directions have ended well, or the stream has failed: by the other end, or on the way. */
  over(error?: P2PError): void;
}

/**
 * A stream of objects as items: what is written here, the other side iterates. Each item travels as an array of its
 * own, so that null and undefined are items too. A second element says that the iteration has failed, and by what.
 */
export class ItemStream {
  readonly #end: StreamEnd;
  readonly #changed = new WakeUp();

  constructor(end: StreamEnd, listener?: ItemStreamListener) {
    this.#end = end;
    end.attach({
      readable: () => this.#changed.all(),
      closed: () => listener?.over(),
      failed: (error) => {
        this.#changed.all();
        listener?.over(error);
      },
    });
  }

  /** Resolves when there was room for it; rejects when the stream has failed. */
  write(item: unknown): Promise<void> {
    return this.#write(item === undefined ? [] : [item]);
  }

  /** The iteration has failed, and there are no more items: unlike with a reset, those before arrive. */
  fail(error: P2PError): void {
    this.#writeError(error)
      // One that is too large, say: the others get at least to know that.
      .catch((problem) => this.#writeError(toP2PError(problem)))
      .then(
        () => this.finish(),
        () => this.reset(error),
      );
  }

  /** Nothing more will be written. */
  finish(): void {
    this.#end.finish();
  }

  /** Ends it in both directions, at both ends. */
  reset(reason?: unknown): void {
    this.#end.reset(reason);
    this.#changed.all();
  }

  /** The next item of the other side. @throws P2PError that the stream failed with */
  async next(): Promise<IteratorResult<unknown, undefined>> {
    for (;;) {
      const taken = this.#end.take();
      if (taken) return { done: false, value: this.#itemOf(taken.value) };
      if (this.#end.failure) throw this.#end.failure;
      if (this.#end.atEnd) return { done: true, value: undefined };
      await this.#changed.next();
    }
  }

  #writeError(error: P2PError): Promise<void> {
    return this.#write([null, wireErrorOf(error)]);
  }

  #write(value: readonly unknown[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#end.write([value], (error) => (error ? reject(error) : resolve()));
    });
  }

  /** @throws P2PError that the other side's iteration failed with, `PAYLOAD_INVALID` */
  #itemOf(value: unknown): unknown {
    if (Array.isArray(value) && value.length <= 1) return value[0];
    if (Array.isArray(value) && value.length === 2) throw readWireError(value[1]);
    const error = new P2PError('PAYLOAD_INVALID', 'An item is not written as one');
    this.reset(error);
    throw error;
  }
}
