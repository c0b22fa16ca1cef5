import { isThenable } from './call-guarded.js';
import type { Clock } from './clock.js';
import { systemClock } from './clock.js';

/** A value, at once or later. */
export type MaybeLater<T> = T | PromiseLike<T>;

/** Hands on what `run` gives, in the same turn where it is there: `failed` gets what it throws or rejects with. */
export function whenDone<T>(
  run: () => MaybeLater<T>,
  done: (value: T) => void,
  failed: (error: unknown) => void,
): void {
  let value: MaybeLater<T>;
  try {
    value = run();
  } catch (error) {
    return failed(error);
  }
  if (isThenable(value)) Promise.resolve(value).then(done, failed);
  else done(value);
}

/** The same value, or the error that `late` makes when it takes longer than `timeout` ms. */
export function within<T>(
  value: PromiseLike<T>,
  timeout: number,
  late: () => Error,
  clock: Clock = systemClock,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => reject(late()), timeout);
    const stop = () => clock.clearTimer(timer);
    Promise.resolve(value).then(
      (result) => {
        stop();
        resolve(result);
      },
      (error) => {
        stop();
        reject(error);
      },
    );
  });
}
