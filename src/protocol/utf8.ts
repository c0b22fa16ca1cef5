/** What is used of Node's Buffer, where there is one: it is several times faster with short texts. */
interface NodeBuffer {
  byteLength(text: string): number;
  isBuffer(bytes: Uint8Array): bytes is Uint8Array & BufferBytes;
}

interface BufferBytes {
  write(text: string, offset: number): number;
  toString(encoding: 'utf8', start: number, end: number): string;
}

const { Buffer } = globalThis as { readonly Buffer?: NodeBuffer };
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Up to this length a loop is faster than a call, in UTF-16 units. */
const SHORT = 24;

/** Most bytes that one UTF-16 unit takes. */
export const MAX_BYTES_PER_UNIT = 3;

/** In bytes. */
export function utf8Length(text: string): number {
  return Buffer ? Buffer.byteLength(text) : encoder.encode(text).byteLength;
}

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Writes a text, for which there must be room. @returns how many bytes it took */
export function writeUtf8(into: Uint8Array, at: number, text: string): number {
  if (text.length <= SHORT && writeAscii(into, at, text)) return text.length;
  if (Buffer?.isBuffer(into)) return into.write(text, at);
  return encoder.encodeInto(text, into.subarray(at)).written;
}

/** Reads a text; what is no UTF-8 becomes U+FFFD. */
export function readUtf8(bytes: Uint8Array, start = 0, end = bytes.byteLength): string {
  if (Buffer?.isBuffer(bytes)) return bytes.toString('utf8', start, end);
  return decoder.decode(bytes.subarray(start, end));
}

/** @returns whether it was nothing but ASCII */
function writeAscii(into: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return false;
    into[at + i] = unit;
  }
  return true;
}
