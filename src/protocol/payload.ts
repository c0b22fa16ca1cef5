import { type P2PError, readWireError, toP2PError, wireErrorOf } from './p2p-error.js';
import { checkArguments, decodePayload, type EncodedPayload, encodePayload, PAYLOAD_FORMATS } from './payload-codec.js';
import { utf8Length } from './utf8.js';

/**
 * The arguments of one message, encoded at most once and decoded at most once,
 * however many receive it, and neither before somebody asks.
 */
export class Payload {
  #args: readonly unknown[] | undefined;
  #encoded: EncodedPayload | undefined;
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

  /** One binary argument, as it is. */
  static ofBytes(data: Uint8Array): Payload {
    return new Payload(undefined, { format: PAYLOAD_FORMATS.bytes, data });
  }

  get encoded(): EncodedPayload {
    this.#encoded ??= encodePayload(this.#args ?? []);
    return this.#encoded;
  }

  /** Its size encoded, in bytes: of text, in UTF-8. */
  get size(): number {
    this.#size ??= sizeOf(this.encoded.data);
    return this.#size;
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

function sizeOf(data: string | Uint8Array): number {
  return typeof data === 'string' ? utf8Length(data) : data.byteLength;
}
