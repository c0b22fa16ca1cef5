/** One value as JSON in one line; bytes, which JSON cannot hold, as their number. */
export function formatJson(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, written: unknown) {
    const original = this[key];
    return ArrayBuffer.isView(original) ? `<${original.byteLength} bytes>` : written;
  });
}
