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

/** The value of a body that holds JSON, bounded in the same way. */
export async function readJson(body: AsyncIterable<Uint8Array>, limit: number): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  for await (const piece of readBounded(body, limit)) pieces.push(piece);
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch (cause) {
    throw new SourceError('failing', 'The answer is no JSON', { cause });
  }
}
