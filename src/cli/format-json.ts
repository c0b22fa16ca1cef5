/** One value as JSON in one line; bytes, which JSON cannot hold, as their number. */
export function formatJson(value: unknown): string {
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key, written: unknown) {
    const original = this[key];
    return ArrayBuffer.isView(original) ? `<${original.byteLength} bytes>` : written;
  });
  return escapeControls(text);
}

/** A name as it is, unless it has spaces or invisible characters: a peer must not be able to draw on the terminal. */
export function formatName(name: string): string {
  return /[\s\p{C}]/u.test(name) ? JSON.stringify(name).replace(/\p{C}/gu, escapeCharacter) : name;
}

/** Text in which nothing moves the cursor. */
export function escapeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
