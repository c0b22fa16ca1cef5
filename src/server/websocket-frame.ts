/** First byte of a websocket frame (RFC 6455, 5.2): a text, or bytes, all of it. */
const WHOLE_TEXT = 0x81;
const WHOLE_BINARY = 0x82;

/** The packet type `message` of engine.io, in ASCII. */
const MESSAGE = 0x34;

/** Takes memory for what is written now, or for what may wait in a queue. */
type Allocate = (length: number) => Buffer;

/** From Node's pool, which is faster: what waits would keep 8 KiB of it. */
const FOR_NOW: Allocate = (length) => Buffer.allocUnsafe(length);

export const FOR_LATER: Allocate = (length) => Buffer.allocUnsafeSlow(length);

/** What a websocket is to send as it is, with the message in it. In one piece, as two cost a `writev`. */
export interface WebsocketFrame {
  readonly whole: Buffer;
  readonly message: Buffer;
}

/** A message of engine.io that is a text. */
export function frameText(text: string, bytes: number): Buffer {
  const { whole, message } = frameOf(WHOLE_TEXT, bytes + 1, FOR_LATER);
  message[0] = MESSAGE;
  message.write(text, 1);
  return whole;
}

/** Messages of engine.io that are texts, a frame each, one after the other, to be written now. */
export function frameTexts(texts: readonly string[]): Buffer {
  const sizes = texts.map((text) => Buffer.byteLength(text) + 1);
  let length = 0;
  for (const size of sizes) length += lengthOfHeader(size) + size;
  const frames = FOR_NOW(length);
  let at = 0;
  for (const [index, text] of texts.entries()) {
    at += writeHeader(frames, at, WHOLE_TEXT, sizes[index] as number);
    frames[at] = MESSAGE;
    at += 1 + frames.write(text, at + 1);
  }
  return frames;
}

/** What comes before bytes of this length, if they are so many that it does not matter what it keeps of the pool. */
export function frameHeader(length: number): Buffer {
  const header = FOR_NOW(lengthOfHeader(length));
  writeHeader(header, 0, WHOLE_BINARY, length);
  return header;
}

/** Bytes that are yet to be written into `message`. */
export function frameBytes(length: number, allocate: Allocate): WebsocketFrame {
  return frameOf(WHOLE_BINARY, length, allocate);
}

function frameOf(first: number, length: number, allocate: Allocate): WebsocketFrame {
  const whole = allocate(lengthOfHeader(length) + length);
  return { whole, message: whole.subarray(writeHeader(whole, 0, first, length)) };
}

/** @returns its length */
function writeHeader(into: Buffer, at: number, first: number, length: number): number {
  into[at] = first;
  if (length < 126) into[at + 1] = length;
  else if (length < 65_536) {
    into[at + 1] = 126;
    into.writeUInt16BE(length, at + 2);
  } else {
    into[at + 1] = 127;
    into.writeBigUInt64BE(BigInt(length), at + 2);
  }
  return lengthOfHeader(length);
}

function lengthOfHeader(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}
