import { applyMask, MASK_SIZE } from '../protocol/mask.js';
import { engineOf, type RawSocket, type RawTransport, sendBytes } from './raw-socket.js';

/** What may come before a message in its websocket frame, in bytes. */
export const MOST_BEFORE = 10 + MASK_SIZE;

/** First byte of a websocket frame (RFC 6455, 5.2): bytes, all of them. */
const WHOLE_BINARY = 0x82;

/** In the second byte, beside the length. */
const IS_MASKED = 0x80;

/** The part of `ws` that sends frames which are made already. */
interface FrameSender {
  sendFrame(frame: readonly Uint8Array[]): void;
}

/**
 * What one poll takes of the largest message, without what base64 adds: engine.io-client reckons with less for that, and
 * fills polls until the server refuses them.
 */
const PART_OF_POLL = 0.7;

/** Writes the messages of one client that are bytes of our own. */
export class FrameOutlet {
  readonly #socket: RawSocket;
  readonly #mostPolled: number;
  /** Those that wait for the next poll. */
  #waiting: Uint8Array[] = [];
  #transport: RawTransport | undefined;
  /** Of that transport; missing where it takes no frames. */
  #sender: FrameSender | undefined;

  /** `maxMessage` is the largest that the server takes, in bytes. */
  constructor(socket: RawSocket, maxMessage: number) {
    this.#socket = socket;
    this.#mostPolled = maxMessage * PART_OF_POLL;
  }

  /**
   * There are `MOST_BEFORE` bytes of memory before the message, and all of it is given away. In Node, where a websocket
   * has nothing else to send before it, it becomes a frame where it lies: `ws` would copy it, and mask it byte by byte.
   */
  write(message: Uint8Array): void {
    const engine = engineOf(this.#socket);
    const { transport } = engine;
    const waits = this.#waiting.length > 0;
    const isFree = engine.readyState === 'open' && engine.writeBuffer.length === 0 && !waits;
    // Whoever looks at what is written is not to miss this.
    const sender = isFree && !engine.hasListeners('packetCreate') ? this.#senderOf(transport) : undefined;
    if (sender && transport?.ws?.readyState === 1) sender.sendFrame([maskedFrame(message)]);
    else if (waits || transport?.name === 'polling') this.#poll(message);
    else sendBytes(this.#socket, message);
  }

  /** Writes all that waits. */
  flush(): void {
    for (const message of this.#waiting.splice(0)) sendBytes(this.#socket, message);
  }

  #poll(message: Uint8Array): void {
    this.#waiting.push(message);
    if (this.#waiting.length > 1) return;
    const engine = engineOf(this.#socket);
    if (engine.writeBuffer.length === 0) this.#fillPoll();
    else engine.once('drain', () => this.#fillPoll());
  }

  #fillPoll(): void {
    let size = 0;
    let count = 0;
    for (const { byteLength } of this.#waiting) {
      size += byteLength;
      if (size > this.#mostPolled && count > 0) break;
      count++;
    }
    for (const message of this.#waiting.splice(0, count)) sendBytes(this.#socket, message);
    if (this.#waiting.length > 0) engineOf(this.#socket).once('drain', () => this.#fillPoll());
  }

  #senderOf(transport: RawTransport | undefined): FrameSender | undefined {
    if (transport === this.#transport) return this.#sender;
    const { name, supportsBinary, ws } = transport ?? {};
    const sender = ws?._sender;
    const isMeant = name === 'websocket' && supportsBinary && ws?.extensions === '';
    this.#transport = transport;
    this.#sender = isMeant && typeof sender?.sendFrame === 'function' ? (sender as FrameSender) : undefined;
    return this.#sender;
  }
}

function maskedFrame(message: Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = message;
  const lengthSize = byteLength < 126 ? 0 : byteLength < 65_536 ? 2 : 8;
  const start = byteOffset - 2 - lengthSize - MASK_SIZE;
  const header = new DataView(buffer, start);
  header.setUint8(0, WHOLE_BINARY);
  header.setUint8(1, IS_MASKED | (lengthSize === 0 ? byteLength : lengthSize === 2 ? 126 : 127));
  if (lengthSize === 2) header.setUint16(2, byteLength);
  else if (lengthSize === 8) header.setBigUint64(2, BigInt(byteLength));
  const mask = new Uint8Array(buffer, byteOffset - MASK_SIZE, MASK_SIZE);
  takeMask(mask);
  applyMask(message, mask);
  return new Uint8Array(buffer, start, byteOffset - start + byteLength);
}

/** Randomness that is taken ahead, as each time costs much. */
const random = new Uint8Array(8_192);
let randomUsed = random.byteLength;

/** A mask that nobody can guess: who chose what is sent could have it look like something else on the way. */
function takeMask(mask: Uint8Array): void {
  if (randomUsed === random.byteLength) {
    globalThis.crypto.getRandomValues(random);
    randomUsed = 0;
  }
  mask.set(random.subarray(randomUsed, randomUsed + MASK_SIZE));
  randomUsed += MASK_SIZE;
}
