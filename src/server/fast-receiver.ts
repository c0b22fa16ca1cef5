import { createRequire } from 'node:module';
import { applyMask, MASK_SIZE } from '../protocol/mask.js';
import { type ConnectionInternals, internalsOf } from './connection.js';
import type { RawServerSocket } from './raw-server.js';

/** What is used of the part of `ws` that takes frames apart. */
interface Receiver {
  readonly _masked: boolean;
  /** Of the present frame; where all of it is 0, `ws` leaves the data as it is. */
  _mask: Uint8Array;
  /** Of the present message; it begins each with a new array. */
  readonly _fragments: unknown[];
  /** What a message becomes: with `fragments` it is the array itself. */
  readonly _binaryType: string;
  /** Takes what has come and was not taken before: headers, which are short, and the data of a frame. */
  consume(bytes: number): Uint8Array;
  /** Passes on a message, where the frame that was taken is its last. */
  dataMessage(callback: () => void): void;
}

type Methods = Partial<Pick<Receiver, 'consume' | 'dataMessage'>>;

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

const methodsOfKinds = new WeakMap<ReceiverKind, Methods>();

/**
 * Puts methods of ours before those by which `ws` takes messages off a connection, if they are tried out and right:
 *
 * - Clients mask what they send, and `ws` takes that off byte by byte, which costs more than all else where messages are
 *   large. Here it is done eight bytes at a time, on the same memory, unless `ws` has `bufferutil` for it.
 * - The array that a message was in is emptied. It lasts from one message to the next, so that with many clients V8 makes
 *   it where it is old from the first; there it would keep the message, and all that was read with it, until V8 looks
 *   at everything that hangs off all clients: several times a second.
 */
export function hastenReceiver({ conn }: RawServerSocket): void {
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
  const methods = methodsOfKinds.get(kind) ?? tryOut(kind);
  methodsOfKinds.set(kind, methods);
  Object.assign(receiver, methods);
}

/** The methods that take their place, if they do what they should. */
function tryOut(kind: ReceiverKind): Methods {
  try {
    const { consume, dataMessage } = kind.prototype;
    const methods = { dataMessage: emptying(dataMessage), ...(!hasBufferutil() && { consume: unmasking(consume) }) };
    const receiver = Object.assign(new kind({ isServer: true }), methods);
    const read: Uint8Array[] = [];
    receiver.on('message', (data) => read.push(data));
    for (const mask of SAMPLE_MASKS) receiver.write(maskedFrame(SAMPLE, mask));
    const isRight = read.every((data) => Buffer.compare(data, SAMPLE) === 0);
    return isRight && read.length === SAMPLE_MASKS.length ? methods : {};
  } catch {
    return {};
  }
}

function unmasking(consume: Receiver['consume']): Receiver['consume'] {
  return function (this: Receiver, count) {
    const bytes = consume.call(this, count);
    if (count < LEAST_BYTES || !this._masked) return bytes;
    applyMask(bytes, this._mask);
    this._mask = NO_MASK;
    return bytes;
  };
}

function emptying(dataMessage: Receiver['dataMessage']): Receiver['dataMessage'] {
  return function (this: Receiver, callback) {
    const { _fragments: fragments } = this;
    dataMessage.call(this, callback);
    if (fragments !== this._fragments && this._binaryType !== 'fragments') fragments.length = 0;
  };
}

/** A websocket frame of 126 to 65,535 bytes. */
function maskedFrame(data: Uint8Array, mask: Uint8Array): Uint8Array {
  const length = [data.byteLength >>> 8, data.byteLength & 0xff];
  const masked = data.map((byte, at) => byte ^ (mask[at & 3] as number));
  return Buffer.from([0x82, 0xfe, ...length, ...mask, ...masked]);
}
