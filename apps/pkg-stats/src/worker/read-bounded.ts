import { SourceError } from './source-errors.js';

/** The bytes of a body, in pieces. Ends with a `SourceError` where they are more than `limit`, and reads no further. */
export async function* readBounded(body: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const piece of body) {
    read += piece.byteLength;
    if (read > limit) throw new SourceError('failing', `The answer has more than ${limit} bytes`);
    yield piece;
  }
}

/** From so many bytes on, an answer is large. */
export const LARGE = 1_048_576;

/** All bytes of a body, bounded in the same way. What turns out to be large is read further when `admitLarge` says so. */
export async function readAll(
  body: AsyncIterable<Uint8Array>,
  limit: number,
  admitLarge: () => Promise<void>,
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let [read, isLarge] = [0, false];
  for await (const piece of readBounded(body, limit)) {
    pieces.push(piece);
    read += piece.byteLength;
    if (read <= LARGE || isLarge) continue;
    isLarge = true;
    await admitLarge();
  }
  return Buffer.concat(pieces);
}

/** @throws SourceError */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new SourceError('failing', 'The answer is no JSON', { cause });
  }
}
