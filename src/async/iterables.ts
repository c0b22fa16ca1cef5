export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** A row of items that is there to be iterated: not an array, which is one value, but what a generator gives. */
export function isRow(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return isAsyncIterable(value) || (isIterable(value) && typeof (value as { next?: unknown }).next === 'function');
}

export interface IterationOptions<T> {
  readonly next: () => Promise<IteratorResult<T, undefined>>;
  /** It is left, before its end or at it; possibly more than once. */
  readonly leave: () => void;
}

/** An iteration that can be left: from then on it is over. */
export function iteration<T>({ next, leave }: IterationOptions<T>): AsyncIterableIterator<T> {
  const over: IteratorReturnResult<undefined> = { done: true, value: undefined };
  let hasLeft = false;
  const iterator: AsyncIterableIterator<T> = {
    next: async () => {
      if (hasLeft) return over;
      const result = await next();
      if (result.done) leave();
      return hasLeft ? over : result;
    },
    return: async () => {
      hasLeft = true;
      leave();
      return over;
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

/** The iterator of either kind of iterable; text is no list of items. */
export function iteratorOf(
  value: AsyncIterable<unknown> | Iterable<unknown>,
): AsyncIterator<unknown> | Iterator<unknown> {
  return isAsyncIterable(value) ? value[Symbol.asyncIterator]() : value[Symbol.iterator]();
}

export function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return isAsyncIterable(value) || (typeof value === 'object' && value !== null && Symbol.iterator in value);
}
