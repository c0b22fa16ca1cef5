/** First byte of a websocket frame (RFC 6455, 5.2): a text, or bytes, all of it. */
const WHOLE_TEXT = 0x81;
const WHOLE_BINARY = 0x82;

/** The packet type `message` of engine.io, in ASCII. */
const MESSAGE = 0x34;

/** What a websocket is to send as it is, with the message in it. In one piece, as two cost a `writev`. */
export interface WebsocketFrame {
  readonly whole: Buffer;
  readonly message: Buffer;
}

/** A message of engine.io that is a text. */
export function frameText(text: string, bytes: number): Buffer {
  const { whole, message } = frameOf(WHOLE_TEXT, bytes + 1);
  message[0] = MESSAGE;
  message.write(text, 1);
  return whole;
}

/** Bytes that are yet to be written into `message`. */
export function frameBytes(length: number): WebsocketFrame {
  return frameOf(WHOLE_BINARY, length);
}

function frameOf(first: number, length: number): WebsocketFrame {
  const start = lengthOfHeader(length);
  // Not from Node's pool: a short frame that waits in a queue would keep 8 KiB of it.
  const whole = Buffer.allocUnsafeSlow(start + length);
  whole[0] = first;
  if (start === 2) whole[1] = length;
  else if (start === 4) {
    whole[1] = 126;
    whole.writeUInt16BE(length, 2);
  } else {
    whole[1] = 127;
    whole.writeBigUInt64BE(BigInt(length), 2);
  }
  return { whole, message: whole.subarray(start) };
}

function lengthOfHeader(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}
