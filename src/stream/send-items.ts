import { iteratorOf } from '../async/iterables.js';
import type { ItemStream } from './item-stream.js';

/** An iteration that goes out on a stream. */
export interface SentItems {
  /** Resolves when all are sent, and to whether it came that far; rejects when the iteration itself failed. */
  readonly sent: Promise<boolean>;
  /** Nobody wants them any more: a generator is stopped. */
  stop(): void;
}

/** Items that nobody has begun to take, and nobody will. */
export function leaveItems(items: AsyncIterable<unknown> | Iterable<unknown>): void {
  void leave(() => iteratorOf(items));
  // One of Node's that nobody has begun to iterate is not destroyed by that.
  const { destroy } = items as { destroy?: unknown };
  if (typeof destroy === 'function') void leave(() => ({ return: () => destroy.call(items) }));
}

/** A generator that is at work stops at its next yield. What it throws then is told to nobody. */
async function leave(started: () => { return?(): unknown } | undefined): Promise<void> {
  try {
    await started()?.return?.();
  } catch {
    // See above.
  }
}

/** Sends what an iteration yields, as fast as the other side takes it. */
export function sendItems(stream: ItemStream, items: AsyncIterable<unknown> | Iterable<unknown>): SentItems {
  let iterator: ReturnType<typeof iteratorOf> | undefined;
  let stopped = false;
  const stop = () => {
    if (stopped) return;
    stopped = true;
    void leave(() => iterator);
  };
  const send = async () => {
    // A stream that somebody reads already, say, has none to give.
    iterator = iteratorOf(items);
    for (;;) {
      const { done, value } = await iterator.next();
      if (stopped || done) return !stopped;
      try {
        await stream.write(value);
      } catch (error) {
        stop();
        throw error;
      }
    }
  };
  return { sent: send(), stop };
}
