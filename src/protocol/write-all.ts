/** Writes bytes one after the other, from `offset` on. */
export function writeAll(target: Uint8Array, parts: readonly Uint8Array[], offset = 0): void {
  let at = offset;
  for (const part of parts) {
    target.set(part, at);
    at += part.byteLength;
  }
}
