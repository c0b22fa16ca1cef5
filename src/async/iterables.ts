export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
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
