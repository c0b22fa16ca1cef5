/**
 * Bytes that look like noise and are the same everywhere: for both sides to compare.
 *
 * @param {number} length
 * @param {number} seed
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function pattern(length, seed) {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}
