import { Fifo } from '../async/fifo.js';
import { MIN_STREAM_PIECE } from '../protocol/limits.js';
import { P2PError } from '../protocol/p2p-error.js';
import type { StreamMode } from '../protocol/packet.js';
import type { Payload } from '../protocol/payload.js';
import { PAYLOAD_FORMATS } from '../protocol/payload-codec.js';
import { streamCost } from '../protocol/stream-cost.js';
import { readObjectFrame } from './object-frame.js';

interface Arrived {
  readonly payload: Payload;
  readonly cost: number;
}

export interface IncomingOptions {
  readonly mode: StreamMode;
  /** Largest object, in encoded bytes. */
  readonly maxObjectSize: number;
}

/** What has arrived and the application has not taken yet. */
export class Incoming {
  readonly #options: IncomingOptions;
  readonly #queue = new Fifo<Arrived>();
  /** The beginning of an object that is still arriving. */
  #pieces: Uint8Array[] = [];
  #piecesSize = 0;
  #piecesCost = 0;

  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#queue.isEmpty;
  }

  /** Whether an object has begun and not ended. */
  get isPartial(): boolean {
    return this.#pieces.length > 0;
  }

  /**
   * @returns what the parts before it cost: they have been given back, but wait to be taken now
   * @throws P2PError `STREAM_VIOLATION`, `PAYLOAD_TOO_LARGE`, `PAYLOAD_INVALID`
   */
  add(payload: Payload): number {
    // It may wait here for long.
    payload.takeOwnMemory();
    if (this.isPartial) return this.#addLast(payload);
    if (this.#options.mode === 'bytes') bytesOf(payload);
    else this.#checkSize(payload.size);
    this.#queue.push({ payload, cost: streamCost(payload) });
    return 0;
  }

  /** @throws P2PError `STREAM_VIOLATION`, `PAYLOAD_TOO_LARGE` */
  addPart(payload: Payload): void {
    if (this.#options.mode === 'bytes') throw violation('Bytes come in no parts');
    payload.takeOwnMemory();
    const piece = bytesOf(payload);
    if (piece.byteLength < MIN_STREAM_PIECE) throw violation('A part is too short');
    this.#keep(payload, piece);
  }

  #keep(payload: Payload, piece: Uint8Array): void {
    this.#checkSize(this.#piecesSize + piece.byteLength);
    this.#pieces.push(piece);
    this.#piecesSize += piece.byteLength;
    this.#piecesCost += streamCost(payload);
  }

  /** The next value and what it cost. @throws P2PError `PAYLOAD_INVALID` */
  take(): { readonly value: unknown; readonly cost: number } | undefined {
    const next = this.#queue.shift();
    if (!next) return undefined;
    if (this.#options.mode === 'bytes') return { value: next.payload.encoded.data, cost: next.cost };
    const { args } = next.payload;
    const [value] = args;
    if (args.length > 1) throw new P2PError('PAYLOAD_INVALID', 'An object of the stream is more than one');
    // Node's streams end at such a value.
    if (value === null || value === undefined) throw new P2PError('PAYLOAD_INVALID', 'An object of the stream is null');
    return { value, cost: next.cost };
  }

  clear(): void {
    this.#queue.clear();
    this.#clearPieces();
  }

  #addLast(payload: Payload): number {
    const before = this.#piecesCost;
    this.#keep(payload, bytesOf(payload));
    this.#queue.push({ payload: readObjectFrame(this.#pieces), cost: this.#piecesCost });
    this.#clearPieces();
    return before;
  }

  #clearPieces(): void {
    this.#pieces = [];
    this.#piecesSize = 0;
    this.#piecesCost = 0;
  }

  #checkSize(size: number): void {
    const { maxObjectSize } = this.#options;
    // A frame has one byte more than the object in it.
    if (size <= maxObjectSize + 1) return;
    const details = { limit: maxObjectSize };
    throw new P2PError('PAYLOAD_TOO_LARGE', `The stream takes objects of at most ${maxObjectSize} bytes`, { details });
  }
}

function bytesOf(payload: Payload): Uint8Array {
  const { format, data } = payload.encoded;
  if (format === PAYLOAD_FORMATS.bytes && typeof data !== 'string' && data.byteLength > 0) return data;
  throw violation('A piece of the stream is not bytes');
}

export function violation(message: string): P2PError {
  return new P2PError('STREAM_VIOLATION', message);
}
