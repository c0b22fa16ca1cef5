import { asUint8Array, isBytes } from '../protocol/argument-shape.js';
import { MIN_STREAM_PIECE } from '../protocol/limits.js';
import { P2PError } from '../protocol/p2p-error.js';
import type { StreamMode } from '../protocol/packet.js';
import { Payload } from '../protocol/payload.js';
import { frameObject } from './object-frame.js';

/** One packet's worth of what is to be sent. */
export interface Piece {
  readonly payload: Payload;
  /** The same object goes on in the next piece. */
  readonly more: boolean;
}

/** What the application has written and the credit has not let through yet. */
export interface Outgoing {
  readonly isEmpty: boolean;
  /** The next piece, of at most `room` bytes; nothing where that would be a crumb. */
  cut(room: number): Piece | undefined;
}

/** Bytes, cut without regard to how they were written. */
export class OutgoingBytes implements Outgoing {
  readonly #chunks: readonly Uint8Array[];
  #left: number;
  #index = 0;
  #offset = 0;

  constructor(chunks: readonly Uint8Array[]) {
    this.#chunks = chunks;
    this.#left = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  }

  get isEmpty(): boolean {
    return this.#left === 0;
  }

  cut(room: number): Piece | undefined {
    const bytes = this.take(room);
    return bytes && { payload: Payload.ofBytes(bytes), more: false };
  }

  take(room: number): Uint8Array | undefined {
    const length = Math.min(room, this.#left);
    if (length < Math.min(MIN_STREAM_PIECE, this.#left)) return undefined;
    this.#left -= length;
    const first = this.#step(length);
    return first.byteLength === length ? first : this.#join(first, length);
  }

  /** At most `length` bytes of the present chunk, as they stand there. */
  #step(length: number): Uint8Array {
    // Only called while something is left.
    const chunk = this.#chunks[this.#index] as Uint8Array;
    const end = Math.min(this.#offset + length, chunk.byteLength);
    const bytes = chunk.subarray(this.#offset, end);
    this.#offset = end;
    if (end === chunk.byteLength) {
      this.#index++;
      this.#offset = 0;
    }
    return bytes;
  }

  #join(first: Uint8Array, length: number): Uint8Array {
    const joined = new Uint8Array(length);
    joined.set(first);
    for (let filled = first.byteLength; filled < length; ) {
      const next = this.#step(length - filled);
      joined.set(next, filled);
      filled += next.byteLength;
    }
    return joined;
  }
}

/** One object: whole where it fits, else as a frame that is cut like bytes. */
export class OutgoingObject implements Outgoing {
  #whole: Payload | undefined;
  #frame: OutgoingBytes | undefined;

  constructor(payload: Payload) {
    this.#whole = payload;
  }

  get isEmpty(): boolean {
    return this.#whole === undefined && (this.#frame?.isEmpty ?? true);
  }

  cut(room: number): Piece | undefined {
    const whole = this.#whole;
    if (whole) {
      const { size } = whole;
      if (size > room && room < MIN_STREAM_PIECE) return undefined;
      this.#whole = undefined;
      if (size <= room) return { payload: whole, more: false };
      this.#frame = new OutgoingBytes([frameObject(whole)]);
    }
    const bytes = this.#frame?.take(room);
    return bytes && { payload: Payload.ofBytes(bytes), more: !this.isEmpty };
  }
}

export interface OutgoingOptions {
  readonly mode: StreamMode;
  /** Largest object, in encoded bytes. */
  readonly maxObjectSize: number;
}

/** @throws P2PError `INVALID_ARGUMENT`, `PAYLOAD_TOO_LARGE` */
export function outgoingOf({ mode, maxObjectSize }: OutgoingOptions, values: readonly unknown[]): Outgoing {
  if (mode === 'bytes') return new OutgoingBytes(values.map(bytesOf));
  const payload = Payload.encode(values);
  // What is written as null, such as NaN, would end the stream of the one who reads it.
  if (payload.encoded.data === '[null]') throw new P2PError('INVALID_ARGUMENT', 'A stream carries no null');
  const { size } = payload;
  if (size <= maxObjectSize) return new OutgoingObject(payload);
  throw new P2PError('PAYLOAD_TOO_LARGE', `The stream carries objects of at most ${maxObjectSize} bytes`, {
    details: { limit: maxObjectSize, size },
  });
}

function bytesOf(value: unknown): Uint8Array {
  if (typeof value === 'string') return new TextEncoder().encode(value);
  if (isBytes(value)) return asUint8Array(value);
  throw new P2PError('INVALID_ARGUMENT', 'A stream of bytes takes strings and bytes: objects need objectMode');
}
