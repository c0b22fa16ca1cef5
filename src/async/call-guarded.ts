/**
 * Calls what a user gave us. Whatever it throws, or rejects with, goes to `failed` and no further:
 * no handler ends the process.
 */
export function callGuarded<Args extends readonly unknown[]>(
  callback: (...args: Args) => unknown,
  args: Args,
  failed: (error: unknown) => void,
): void {
  try {
    const result = callback(...args);
    if (isThenable(result)) result.then(undefined, failed);
  } catch (error) {
    failed(error);
  }
}

/** Not only promises: those of other libraries and realms too. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
