import type { Clock } from '../async/clock.js';
import { iteration } from '../async/iterables.js';
import { onAbort } from '../async/on-abort.js';
import { P2PError } from '../protocol/p2p-error.js';
import { ItemStream } from '../stream/item-stream.js';
import { type SentItems, sendItems } from '../stream/send-items.js';
import { streamError } from '../stream/stream-error.js';
import { abortedError, type CallStream, type Deadline, noAnswerWithin } from './pending-operations.js';

export interface StreamedCallOptions {
  readonly call: CallStream;
  /** What the caller sends. */
  readonly items: AsyncIterable<unknown> | Iterable<unknown> | undefined;
  readonly deadline: Deadline;
  /** When the call was made, on the clock. */
  readonly startedAt: number;
  readonly clock: Clock;
  /** Makes of a value that came what the caller gets. */
  readonly read: (value: unknown) => unknown;
}

/** The caller's side of a call that goes on, on a stream: items go out, items or the result come in. */
export class StreamedCall {
  readonly #options: StreamedCallOptions;
  readonly #stream: ItemStream;
  readonly #sending: SentItems | undefined;
  readonly #stopListening: () => void;
  #isOver = false;

  constructor(options: StreamedCallOptions) {
    const { call, items, deadline } = options;
    this.#options = options;
    this.#stream = new ItemStream(call.end, { over: () => this.#over() });
    this.#stopListening = onAbort(deadline.signal, () => this.#fail(abortedError(deadline.signal)));
    if (!items) this.#stream.finish();
    else {
      this.#sending = sendItems(this.#stream, items);
      this.#sending.sent.then(
        () => this.#stream.finish(),
        (error) => this.#fail(streamError(error)),
      );
    }
    // It may have been over before.
    if (this.#isOver) this.#over();
    if (deadline.signal?.aborted) this.#fail(abortedError(deadline.signal));
  }

  /** The one value that the handler answers with. The deadline is for all of it. */
  async result(): Promise<unknown> {
    const { clock, deadline, startedAt, read } = this.#options;
    const { timeout } = deadline;
    const late = () => this.#fail(noAnswerWithin(timeout));
    const timer = clock.setTimer(late, Math.max(0, startedAt + timeout - clock.now()));
    try {
      const { done, value } = await this.#stream.next();
      if (done) throw new P2PError('PACKET_INVALID', 'The service ended the call without a result');
      return await read(value);
    } finally {
      clock.clearTimer(timer);
      this.#leave();
    }
  }

  /** What the handler yields. Leaving the iteration stops the generator. */
  items(): AsyncIterableIterator<unknown> {
    return iteration({ next: () => this.#next(), leave: () => this.#leave() });
  }

  async #next(): Promise<IteratorResult<unknown, undefined>> {
    const { read, deadline } = this.#options;
    try {
      // All may have arrived before: then there is no stream left to abort.
      if (deadline.signal?.aborted) throw abortedError(deadline.signal);
      const next = await this.#stream.next();
      return next.done ? next : { done: false, value: await read(next.value) };
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** It cannot go on, for a reason on this side. */
  #fail(error: unknown): void {
    this.#stream.reset(error);
    this.#over();
  }

  /** Nothing more is wanted, and nothing more will be sent. */
  #leave(): void {
    if (this.#isOver) return;
    this.#stream.reset(new P2PError('ABORTED', 'The caller wants no more'));
    this.#over();
  }

  #over(): void {
    this.#isOver = true;
    this.#stopListening?.();
    this.#sending?.stop();
  }
}
