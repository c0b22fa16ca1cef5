import type { Clock } from '../../async/clock.js';
import { SECTION_HEADER } from './node-frame.js';

/** With this much a message leaves before the turn is over, in bytes. */
const FULL_MESSAGE = 60_000;

/** What is not acknowledged is sent again after this time, in ms; each time after twice as long. */
const FIRST_RETRY = 300;
const LAST_RETRY = 2_000;

/** So many messages are sent again before some have been acknowledged. */
const AT_ONCE = 16;

/** What is not acknowledged in this time is lost, and so is the other server, in ms. */
export const LOST_AFTER = 6_000;

/** Hears what becomes of something that was sent: whether it has arrived, or may be lost. */
export type Settled = (arrived: boolean) => void;

interface Sent {
  readonly sequence: number;
  readonly bytes: Buffer;
  readonly settled: readonly Settled[];
  readonly at: number;
}

export interface OutgoingRowOptions {
  readonly clock: Clock;
  /** Makes the message with this number of these parts. */
  readonly compose: (sequence: number, parts: readonly Buffer[]) => Buffer;
  readonly send: (bytes: Buffer) => void;
}

/** What is sent to one server, in messages with rising numbers, until it has been acknowledged. */
export class OutgoingRow {
  readonly #options: OutgoingRowOptions;
  readonly #clock: Clock;
  /** Of the message that is being put together. */
  #parts: Buffer[] = [];
  #size = 0;
  #settled: Settled[] = [];
  #isFlushing = false;
  #lastSequence = 0;
  readonly #sent: Sent[] = [];
  #sentBytes = 0;
  #retryAt = Number.POSITIVE_INFINITY;
  #retry = FIRST_RETRY;
  /** What was sent up to this one may be lost, and was sent again up to that one. */
  #doubtful = 0;
  #againUpTo = 0;

  constructor(options: OutgoingRowOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  /** What has not been acknowledged, in bytes. */
  get queued(): number {
    return this.#sentBytes + this.#size;
  }

  /** Something that has been sent was not acknowledged. */
  get isWaiting(): boolean {
    return this.#sent.length > 0;
  }

  /** It has waited for too long. */
  get isLost(): boolean {
    const [first] = this.#sent;
    return first !== undefined && this.#clock.now() - first.at > LOST_AFTER;
  }

  /** A section, which leaves with the rest of this turn of the event loop. */
  add(kind: number, parts: readonly Uint8Array[], settled?: Settled): void {
    let length = 0;
    for (const { byteLength } of parts) length += byteLength;
    const header = Buffer.allocUnsafe(SECTION_HEADER);
    header[0] = kind;
    header.writeUInt32LE(length, 1);
    this.#parts.push(header, ...(parts as Buffer[]));
    this.#size += SECTION_HEADER + length;
    if (settled) this.#settled.push(settled);
    if (this.#size >= FULL_MESSAGE) this.flush();
    else this.#flushLater();
  }

  flush(): void {
    if (this.#parts.length === 0) return;
    const sequence = ++this.#lastSequence;
    const bytes = this.#options.compose(sequence, this.#parts);
    const at = this.#clock.now();
    if (!this.isWaiting) this.#retryAt = at + this.#retry;
    this.#sent.push({ sequence, bytes, settled: this.#settled, at });
    this.#sentBytes += bytes.byteLength;
    this.#parts = [];
    this.#settled = [];
    this.#size = 0;
    this.#options.send(bytes);
  }

  /** All up to this one have arrived; `hasGap`: and some behind the next. */
  acknowledged(sequence: number, hasGap: boolean): void {
    const rest = this.#sent.findIndex((sent) => sent.sequence > sequence);
    const arrived = this.#sent.splice(0, rest === -1 ? this.#sent.length : rest);
    if (arrived.length > 0) {
      this.#retry = FIRST_RETRY;
      this.#retryAt = this.#clock.now() + this.#retry;
    }
    for (const { bytes, settled } of arrived) {
      this.#sentBytes -= bytes.byteLength;
      for (const callback of settled) callback(true);
    }
    const [first] = this.#sent;
    if (first && hasGap) this.#doubtful = Math.max(this.#doubtful, first.sequence);
    this.#sendAgain();
  }

  /** To be called now and then: sends again what has waited for long. */
  retry(): void {
    const [first] = this.#sent;
    const now = this.#clock.now();
    if (!first || now < this.#retryAt) return;
    this.#retry = Math.min(2 * this.#retry, LAST_RETRY);
    this.#retryAt = now + this.#retry;
    this.#doubtful = this.#lastSequence;
    this.#againUpTo = first.sequence - 1;
    this.#sendAgain();
  }

  /** What was not acknowledged may be lost. */
  close(): void {
    const settled = [...this.#sent.splice(0).flatMap((sent) => sent.settled), ...this.#settled];
    this.#sentBytes = 0;
    this.#parts = [];
    this.#settled = [];
    this.#size = 0;
    for (const callback of settled) callback(false);
  }

  #flushLater(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      this.flush();
    });
  }

  /** Some of what may be lost: more when that has been acknowledged. */
  #sendAgain(): void {
    const least = this.#againUpTo;
    for (const { sequence, bytes } of this.#sent.slice(0, AT_ONCE)) {
      if (sequence > this.#doubtful) return;
      if (sequence <= least) continue;
      this.#againUpTo = sequence;
      this.#options.send(bytes);
    }
  }
}
