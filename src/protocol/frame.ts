/**
 * The layout of a frame: one binary message of a connection that carries any number of packets of one session.
 * `PROTOCOL.md` § Frames. All numbers are little endian.
 *
 *     frame:   [FRAME_MARK: u8][lane: u16] record …
 *     record:  [length of the rest: u32][head: u32] body
 */

/** First byte of a frame. */
export const FRAME_MARK = 0xb2;

/** What comes before the first record, in bytes. */
export const FRAME_HEADER = 3;

/** The length of a record and its head, in bytes. */
export const RECORD_HEADER = 8;

/** Most lanes that one connection has in its life. */
export const MAX_LANE = 0xffff;

/** What the head of a record says. All others are numbers that were defined before. */
export const HEADS = {
  /** It defines a number: `[number: u32][code: u8][names]`, and carries no packet. */
  define: 0,
  /** It has everything in it: `[code: u8][names]`, then what all bodies have. */
  whole: 1,
  /** The first that can be defined. */
  first: 2,
} as const;

/** Most heads that each side of a lane remembers of the other. */
export const MAX_HEADS = 1_024;

/** The size of a number or an epoch, in bytes. */
export const NUMBER_SIZE = 6;

/** The largest number, which six bytes hold. */
export const MAX_NUMBER = 2 ** 48 - 1;

/** The lane that bytes are for, if they are a frame. */
export function laneOf(bytes: Uint8Array): number | undefined {
  if (bytes.byteLength < FRAME_HEADER || bytes[0] !== FRAME_MARK) return undefined;
  return readU16(bytes, 1);
}

export function writeFrameHeader(into: Uint8Array, at: number, lane: number): void {
  into[at] = FRAME_MARK;
  writeU16(into, at + 1, lane);
}

export function readU16(bytes: Uint8Array, at: number): number {
  return byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8);
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (readU16(bytes, at) | (readU16(bytes, at + 2) << 16)) >>> 0;
}

/** A number of six bytes. */
export function readNumber(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) + readU16(bytes, at + 4) * 0x1_0000_0000;
}

export function writeU16(into: Uint8Array, at: number, value: number): void {
  into[at] = value;
  into[at + 1] = value >>> 8;
}

export function writeU32(into: Uint8Array, at: number, value: number): void {
  writeU16(into, at, value);
  writeU16(into, at + 2, value >>> 16);
}

export function writeNumber(into: Uint8Array, at: number, value: number): void {
  writeU32(into, at, value);
  writeU16(into, at + 4, Math.floor(value / 0x1_0000_0000));
}

/** Only called where the length has been checked. */
function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}
