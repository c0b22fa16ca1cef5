import { createRequire } from 'node:module';
import { applyMask, MASK_SIZE } from '../protocol/mask.js';
import { type ConnectionInternals, internalsOf } from './connection.js';
import type { RawServerSocket } from './raw-server.js';

/** What is used of the part of `ws` that takes frames apart. */
interface Receiver {
  readonly _masked: boolean;
  /** Of the present frame; where all of it is 0, `ws` leaves the data as it is. */
  _mask: Uint8Array;
  /** Takes what has come and was not taken before: headers, which are short, and the data of a frame. */
  consume(bytes: number): Uint8Array;
}

type Consume = Receiver['consume'];

interface ReceiverKind {
  new (options: {
    isServer: boolean;
  }): Receiver & {
    on(event: 'message', listener: (data: Uint8Array) => void): void;
    write(bytes: Uint8Array): void;
  };
  readonly prototype: Receiver;
}

/** Less is not worth it, in bytes; and no header is so long. */
const LEAST_BYTES = 64;

const NO_MASK = new Uint8Array(MASK_SIZE);

/** By which a kind of receiver is tried out. */
const SAMPLE = Uint8Array.from({ length: 300 }, (_, at) => at & 0xff);
const SAMPLE_MASKS = [Uint8Array.of(0x12, 0x9a, 0x05, 0xf0), Uint8Array.of(0xff, 0, 0x80, 1)];

const methods = new WeakMap<ReceiverKind, Consume | undefined>();

/**
 * Clients mask what they send, and `ws` takes that off byte by byte, which costs more than all else where messages are
 * large. Here it is done eight bytes at a time, on the same memory, unless `ws` has `bufferutil` for it.
 */
export function unmaskFast({ conn }: RawServerSocket): void {
  const connection = internalsOf(conn);
  if (connection.transport.name === 'websocket') hasten(connection);
  else connection.once('upgrade', () => hasten(connection));
}

/** `ws` looks for it when it is loaded. From wherever it is asked, all modules of CommonJS are in this. */
function hasBufferutil(): boolean {
  return Object.keys(createRequire(process.execPath).cache).some((path) => /[\\/]bufferutil[\\/]/.test(path));
}

function hasten({ transport }: ConnectionInternals): void {
  const receiver = transport.socket?._receiver as Receiver | undefined;
  const kind = receiver?.constructor as ReceiverKind | undefined;
  if (!receiver || !kind) return;
  if (!methods.has(kind)) methods.set(kind, tryOut(kind));
  const method = methods.get(kind);
  if (method) receiver.consume = method;
}

/** The method that takes its place, if that is worth it and does what it should. */
function tryOut(kind: ReceiverKind): Consume | undefined {
  try {
    if (hasBufferutil()) return undefined;
    const method = hastened(kind.prototype.consume);
    const receiver = new kind({ isServer: true });
    const read: Uint8Array[] = [];
    receiver.consume = method;
    receiver.on('message', (data) => read.push(data));
    for (const mask of SAMPLE_MASKS) receiver.write(maskedFrame(SAMPLE, mask));
    const isRight = read.every((data) => Buffer.compare(data, SAMPLE) === 0);
    return isRight && read.length === SAMPLE_MASKS.length ? method : undefined;
  } catch {
    return undefined;
  }
}

function hastened(consume: Consume): Consume {
  return function (this: Receiver, count) {
    const bytes = consume.call(this, count);
    if (count < LEAST_BYTES || !this._masked) return bytes;
    applyMask(bytes, this._mask);
    this._mask = NO_MASK;
    return bytes;
  };
}

/** A websocket frame of 126 to 65,535 bytes. */
function maskedFrame(data: Uint8Array, mask: Uint8Array): Uint8Array {
  const length = [data.byteLength >>> 8, data.byteLength & 0xff];
  const masked = data.map((byte, at) => byte ^ (mask[at & 3] as number));
  return Buffer.from([0x82, 0xfe, ...length, ...mask, ...masked]);
}
