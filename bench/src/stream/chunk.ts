/** 64 KB, with room for a header in 64 KiB: longer ones cost every contestant a longer websocket header. */
export const CHUNK_SIZE = 64_000;

/** What all streams consist of, over and over. */
export function makeChunk(): Buffer {
  return Buffer.from(Array.from({ length: CHUNK_SIZE }, (_, index) => (index * 31 + (index >> 8)) % 256));
}
