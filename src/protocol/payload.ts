import type { ByteWriter } from './byte-writer.js';
import { type P2PError, readWireError, toP2PError, wireErrorOf } from './p2p-error.js';
import {
  checkArguments,
  decodePayload,
  type EncodedPayload,
  encodePayload,
  PAYLOAD_FORMATS,
  parseArguments,
} from './payload-codec.js';
import { MAX_BYTES_PER_UNIT, readUtf8, utf8Length } from './utf8.js';

/** What a payload may keep of the memory that it came in, besides twice its own size, in bytes. */
const SPARE_MEMORY = 1_024;

/** Where a payload lies in a frame, in bytes. */
export interface FramePlace {
  readonly frame: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** From here on the frame belongs to nobody else. */
  readonly free: number;
}

/**
 * The arguments of one message, encoded at most once and decoded at most once,
 * however many receive it, and neither before somebody asks.
 */
export class Payload {
  #args: readonly unknown[] | undefined;
  #encoded: EncodedPayload | undefined;
  #format: number | undefined;
  /** Where it came from, until somebody asks for what is there. */
  #place: FramePlace | undefined;
  #size: number | undefined;
  /** Why it cannot be read: found out once, as reading it once. */
  #unreadable: unknown;

  private constructor(args: readonly unknown[] | undefined, encoded: EncodedPayload | undefined) {
    this.#args = args;
    this.#encoded = encoded;
  }

  /** @throws P2PError `INVALID_ARGUMENT` when the arguments cannot be sent. */
  static encode(args: readonly unknown[]): Payload {
    return new Payload(undefined, encodePayload(args));
  }

  /** Arguments that may never need encoding, on the way between two plain clients. */
  static ofArguments(args: readonly unknown[]): Payload {
    checkArguments(args);
    return new Payload(args, undefined);
  }

  /** Arguments that came as JSON, which is kept as it is. @throws SyntaxError for what is none, P2PError `PAYLOAD_INVALID` */
  static ofJson(json: string): Payload {
    const payload = new Payload(undefined, { format: PAYLOAD_FORMATS.json, data: json });
    payload.#args = parseArguments(json);
    return payload;
  }

  /** Details that cannot be sent are left out: an error always gets through. */
  static ofError(error: P2PError): Payload {
    const wireError = wireErrorOf(error);
    try {
      return Payload.encode([wireError]);
    } catch {
      return Payload.encode([{ ...wireError, details: {} }]);
    }
  }

  static ofEncoded(encoded: EncodedPayload): Payload {
    return new Payload(undefined, encoded);
  }

  /** As it came: nothing is copied or looked at. */
  static ofFrame(format: number, place: FramePlace): Payload {
    const payload = new Payload(undefined, undefined);
    payload.#format = format;
    payload.#place = place;
    payload.#size = place.end - place.start;
    return payload;
  }

  /** One binary argument, as it is. */
  static ofBytes(data: Uint8Array): Payload {
    return new Payload(undefined, { format: PAYLOAD_FORMATS.bytes, data });
  }

  get encoded(): EncodedPayload {
    this.#encoded ??= this.#place ? readPlace(this.format, this.#place) : encodePayload(this.#args ?? []);
    return this.#encoded;
  }

  /** How it is encoded: see `PAYLOAD_FORMATS`. */
  get format(): number {
    return this.#format ?? this.encoded.format;
  }

  /** Its size encoded, in bytes: of text, in UTF-8. */
  get size(): number {
    this.#size ??= sizeOf(this.encoded.data);
    return this.#size;
  }

  /** It has no more than this, in bytes; nothing is counted to find that out. */
  get mostBytes(): number {
    if (this.#size !== undefined) return this.#size;
    const { data } = this.encoded;
    return typeof data === 'string' ? data.length * MAX_BYTES_PER_UNIT : data.byteLength;
  }

  /** Whether it has so many bytes; counted only where that is not clear. */
  isAtLeast(size: number): boolean {
    return this.mostBytes >= size && this.size >= size;
  }

  /** Writes it as bytes, for which there must be room. */
  writeTo(writer: ByteWriter): void {
    if (this.#place) return writer.bytes(this.#place.frame.subarray(this.#place.start, this.#place.end));
    const { data } = this.encoded;
    if (typeof data === 'string') writer.text(data);
    else writer.bytes(data);
  }

  /** Its bytes where they came in, with room for `size` before them that may be written to; once. */
  takeWithRoom(size: number): Uint8Array | undefined {
    if (!this.#place) return undefined;
    const { frame, start, end, free } = this.#place;
    if (start - size < free) return undefined;
    this.#place = { frame, start, end, free: start };
    return frame.subarray(start - size, end);
  }

  /** Where it lies in much more memory than it takes, which would be kept as long as it is, it is copied out of that. */
  takeOwnMemory(): void {
    if (!this.#place) return;
    const { frame, start, end } = this.#place;
    const size = end - start;
    if (frame.buffer.byteLength <= size * 2 + SPARE_MEMORY) return;
    this.#place = { frame: copyOf(frame.subarray(start, end)), start: 0, end: size, free: 0 };
    this.#encoded = undefined;
  }

  /** @throws P2PError `PAYLOAD_INVALID` when what was received is malformed. */
  get args(): readonly unknown[] {
    if (this.#unreadable) throw this.#unreadable;
    try {
      this.#args ??= decodePayload(this.encoded);
    } catch (error) {
      this.#unreadable = error;
      throw error;
    }
    return this.#args;
  }

  /** The error that this payload carries, or the reason why it cannot be read. */
  get error(): P2PError {
    try {
      return readWireError(this.args[0]);
    } catch (error) {
      return toP2PError(error);
    }
  }
}

/** What answers without a value send. */
export const EMPTY_PAYLOAD = Payload.encode([]);

/** In Node bytes are Buffers. */
function copyOf(bytes: Uint8Array): Uint8Array {
  const { Buffer } = globalThis as { readonly Buffer?: { from(bytes: Uint8Array): Uint8Array } };
  return Buffer ? Buffer.from(bytes) : bytes.slice();
}

function readPlace(format: number, { frame, start, end }: FramePlace): EncodedPayload {
  const data = format === PAYLOAD_FORMATS.json ? readUtf8(frame, start, end) : frame.subarray(start, end);
  return { format, data };
}

function sizeOf(data: string | Uint8Array): number {
  return typeof data === 'string' ? utf8Length(data) : data.byteLength;
}
