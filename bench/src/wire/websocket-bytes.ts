import { inPieces } from './in-pieces.js';

/** First bytes of a frame of a client (RFC 6455, 5.2): all of it, and masked. */
export const TEXT = 0x81;
export const BINARY = 0x82;

const MASKED = 0x80;

/** Any key but zero, which servers would not have to unmask. */
const MASK = [0x37, 0xfa, 0x21, 0x3d] as const;

/** A message as a client writes it. */
export function maskedFrame(first: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const start = (length < 126 ? 2 : length < 65_536 ? 4 : 10) + MASK.length;
  const frame = Buffer.alloc(start + length);
  frame[0] = first;
  if (length < 126) frame[1] = MASKED | length;
  else if (length < 65_536) {
    frame[1] = MASKED | 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = MASKED | 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.set(MASK, start - MASK.length);
  for (let at = 0; at < length; at++) frame[start + at] = payload[at]! ^ MASK[at % 4]!;
  return frame;
}

/** Told of each message of a server: where it lies in a piece of memory. */
export type MessageListener = (first: number, bytes: Buffer, start: number, end: number) => void;

/** Cuts what a server writes into messages. */
export function messagesOf(listener: MessageListener): (piece: Buffer) => void {
  return inPieces((bytes, at) => {
    const frame = endOfFrame(bytes, at);
    if (!frame || frame.end > bytes.length) return undefined;
    listener(bytes[at]!, bytes, frame.start, frame.end);
    return frame.end;
  });
}

function endOfFrame(bytes: Buffer, at: number): { readonly start: number; readonly end: number } | undefined {
  if (bytes.length < at + 2) return undefined;
  const short = bytes[at + 1]! & 0x7f;
  const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
  if (bytes.length < start) return undefined;
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
  return { start, end: start + length };
}
