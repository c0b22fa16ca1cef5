import { FRAME_HEADER, NUMBER_SIZE, writeFrameHeader, writeNumber, writeU16, writeU32 } from './frame.js';
import { MAX_BYTES_PER_UNIT, writeUtf8 } from './utf8.js';

/** The first piece of memory, and the largest that is taken ahead of need, in bytes. */
const FIRST_SIZE = 1_024;
const MOST_AHEAD = 65_536;

/** Writes one thing after the other into memory that grows; what has been taken is never written to again. */
export class ByteWriter {
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  #at = 0;

  /** What has been written and not taken yet, in bytes. */
  get size(): number {
    return this.#at - this.#start;
  }

  /** Makes room; what is written within it needs no further look. */
  reserve(size: number): void {
    if (this.#at + size > this.#bytes.byteLength) this.#grow(size);
  }

  /** Leaves so many bytes as they are. */
  skip(size: number): void {
    this.reserve(size);
    this.#at += size;
  }

  u8(value: number): void {
    this.#bytes[this.#at++] = value;
  }

  u16(value: number): void {
    writeU16(this.#bytes, this.#at, value);
    this.#at += 2;
  }

  u32(value: number): void {
    writeU32(this.#bytes, this.#at, value);
    this.#at += 4;
  }

  number(value: number): void {
    writeNumber(this.#bytes, this.#at, value);
    this.#at += NUMBER_SIZE;
  }

  frameHeader(lane: number): void {
    this.reserve(FRAME_HEADER);
    writeFrameHeader(this.#bytes, this.#at, lane);
    this.#at += FRAME_HEADER;
  }

  /** Without its length. */
  text(text: string): void {
    this.#at += writeUtf8(this.#bytes, this.#at, text);
  }

  /** With its length before it, as u16. */
  name(text: string): void {
    const length = writeUtf8(this.#bytes, this.#at + 2, text);
    this.u16(length);
    this.#at += length;
  }

  bytes(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.byteLength;
  }

  /** Overwrites what was written `at` bytes after the last that was taken. */
  setU32(at: number, value: number): void {
    writeU32(this.#bytes, this.#start + at, value);
  }

  /** All that was written since the last time. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(this.#start, this.#at);
    this.#start = this.#at;
    return taken;
  }

  #grow(size: number): void {
    const needed = this.size + size;
    const ahead = Math.min(Math.max(FIRST_SIZE, this.#bytes.byteLength * 2), MOST_AHEAD);
    const bytes = allocate(Math.max(needed, ahead));
    bytes.set(this.#bytes.subarray(this.#start, this.#at));
    this.#at -= this.#start;
    this.#start = 0;
    this.#bytes = bytes;
  }
}

/** Room for a text, whatever is in it. */
export function roomForText(text: string): number {
  return 2 + text.length * MAX_BYTES_PER_UNIT;
}

/** In Node bytes are Buffers, and of memory that nothing has to clear first. */
function allocate(size: number): Uint8Array {
  const { Buffer } = globalThis as { readonly Buffer?: { allocUnsafeSlow(size: number): Uint8Array } };
  return Buffer ? Buffer.allocUnsafeSlow(size) : new Uint8Array(size);
}
