import { type Clock, systemClock, type Timer } from '../../async/clock.js';
import {
  bareMessage,
  eachSection,
  NODE_HEADER,
  NODE_MESSAGES,
  type NodeMessage,
  type NodeMessageType,
  SECTION_HEADER,
  writeNodeHeader,
} from './node-frame.js';

/** With this much a message leaves before the turn is over, in bytes. */
const FULL_MESSAGE = 60_000;

/** What has come is acknowledged within this time, in ms. */
const ACKNOWLEDGE_WITHIN = 20;

/** What is not acknowledged is sent again after this time, in ms; each time after twice as long. */
const FIRST_RETRY = 300;
const LAST_RETRY = 2_000;

/** So many messages are sent again before some have been acknowledged. */
const AT_ONCE = 16;

/** What is not acknowledged in this time is lost, and so is the other server, in ms. */
export const LOST_AFTER = 6_000;

/** What waits for a server that takes nothing, in bytes. */
export const MAX_LINK_QUEUE = 64 * 1_048_576;

/** Messages that came before one that is missing, in bytes. */
const MAX_EARLY = MAX_LINK_QUEUE;

/** Hears what becomes of something that was sent: whether it has arrived, or may be lost. */
export type Settled = (arrived: boolean) => void;

export interface NodeLinkOptions {
  readonly self: string;
  readonly node: string;
  readonly send: (bytes: Buffer) => void;
  /** A section has come. */
  readonly received: (kind: number, body: Buffer) => void;
  /** The other does not answer. */
  readonly lost: () => void;
  /** The last generation of the other that is over. */
  readonly after?: number;
  readonly clock?: Clock;
}

interface Sent {
  readonly sequence: number;
  readonly bytes: Buffer;
  readonly settled: readonly Settled[];
  readonly at: number;
}

/** Of this process: later ones are greater. */
let lastGeneration = 0;

/**
 * What one server tells another: once, in order, however messages get there; or else both begin anew. What is said in
 * one turn of the event loop is one message.
 */
export class NodeLink {
  readonly #options: NodeLinkOptions;
  readonly #clock: Clock;
  /** Of what is sent here: another one begins a new row. */
  readonly #generation = ++lastGeneration;
  #sections: Buffer[] = [];
  #size = 0;
  #settled: Settled[] = [];
  #isFlushing = false;
  #lastSequence = 0;
  readonly #unacknowledged: Sent[] = [];
  #unacknowledgedBytes = 0;
  #retryAt = Number.POSITIVE_INFINITY;
  #retry = FIRST_RETRY;
  /** What was sent up to this one may be lost, and was sent again up to that one. */
  #doubtful = 0;
  #againUpTo = 0;
  /** Of what comes; 0 until something has come. */
  #theirs = 0;
  #expected = 1;
  readonly #early = new Map<number, Buffer>();
  #earlyBytes = 0;
  #owesAcknowledgement = false;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: NodeLinkOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** What has not been acknowledged, in bytes. */
  get queued(): number {
    return this.#unacknowledgedBytes + this.#size;
  }

  /** The last that what comes has had. */
  get theirGeneration(): number {
    return this.#theirs || (this.#options.after ?? 0);
  }

  /** `settled` is called once. */
  send(kind: number, parts: readonly Uint8Array[], settled?: Settled): void {
    if (this.#closed) return settled?.(false);
    let length = 0;
    for (const { byteLength } of parts) length += byteLength;
    const header = Buffer.allocUnsafe(SECTION_HEADER);
    header[0] = kind;
    header.writeUInt32LE(length, 1);
    this.#sections.push(header, ...(parts as Buffer[]));
    this.#size += SECTION_HEADER + length;
    if (settled) this.#settled.push(settled);
    if (this.#size >= FULL_MESSAGE) this.flush();
    else if (!this.#isFlushing) {
      this.#isFlushing = true;
      setImmediate(() => {
        this.#isFlushing = false;
        this.flush();
      });
    }
  }

  flush(): void {
    if (this.#sections.length === 0 || this.#closed) return;
    const bytes = Buffer.concat([Buffer.allocUnsafe(NODE_HEADER), ...this.#sections]);
    const sequence = ++this.#lastSequence;
    writeNodeHeader(bytes, this.#header(NODE_MESSAGES.data, this.#generation, sequence));
    const now = this.#clock.now();
    if (this.#unacknowledged.length === 0) this.#retryAt = now + this.#retry;
    this.#unacknowledged.push({ sequence, bytes, settled: this.#settled, at: now });
    this.#unacknowledgedBytes += bytes.byteLength;
    this.#sections = [];
    this.#settled = [];
    this.#size = 0;
    this.#options.send(bytes);
    this.#arm();
  }

  /** @returns false where the other has begun anew, and so this has to be another link */
  receive(message: NodeMessage, bytes: Buffer): boolean {
    if (this.#closed) return true;
    switch (message.type) {
      case NODE_MESSAGES.data:
        return this.#receiveData(message, bytes);
      case NODE_MESSAGES.acknowledge:
      case NODE_MESSAGES.gap:
        if (message.generation === this.#generation) this.#acknowledged(message);
        return true;
      case NODE_MESSAGES.restart:
        return message.generation !== this.#generation;
      default:
        return true;
    }
  }

  /** What was not acknowledged may be lost. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#clock.clearTimer(this.#timer);
    const settled = [...this.#unacknowledged.flatMap((sent) => sent.settled), ...this.#settled];
    this.#unacknowledged.length = 0;
    this.#unacknowledgedBytes = 0;
    this.#sections = [];
    this.#size = 0;
    this.#early.clear();
    for (const callback of settled) callback(false);
  }

  #receiveData({ generation, sequence }: NodeMessage, bytes: Buffer): boolean {
    if (this.#theirs === 0) {
      // Of a row that is over here: the other has not noticed that it was lost.
      if (generation <= this.theirGeneration) {
        this.#reply(NODE_MESSAGES.restart, generation, 0);
        return true;
      }
      this.#theirs = generation;
    }
    if (generation !== this.#theirs) return generation < this.#theirs;
    this.#owesAcknowledgement = true;
    if (sequence > this.#expected) this.#keepEarly(sequence, bytes);
    if (sequence === this.#expected) this.#take(bytes);
    if (this.#early.size > 0) this.#acknowledge();
    this.#arm();
    return true;
  }

  #take(bytes: Buffer): void {
    for (let next: Buffer | undefined = bytes; next && !this.#closed; next = this.#early.get(this.#expected)) {
      if (this.#early.delete(this.#expected)) this.#earlyBytes -= next.byteLength;
      this.#expected++;
      eachSection(next, this.#options.received);
    }
  }

  #keepEarly(sequence: number, bytes: Buffer): void {
    if (!this.#early.has(sequence) && this.#earlyBytes + bytes.byteLength <= MAX_EARLY) {
      this.#early.set(sequence, bytes);
      this.#earlyBytes += bytes.byteLength;
    }
  }

  #acknowledge(): void {
    this.#owesAcknowledgement = false;
    const type = this.#early.size > 0 ? NODE_MESSAGES.gap : NODE_MESSAGES.acknowledge;
    this.#reply(type, this.#theirs, this.#expected - 1);
  }

  #acknowledged({ type, sequence }: NodeMessage): void {
    const rest = this.#unacknowledged.findIndex((sent) => sent.sequence > sequence);
    const arrived = this.#unacknowledged.splice(0, rest === -1 ? this.#unacknowledged.length : rest);
    const now = this.#clock.now();
    if (arrived.length > 0) {
      this.#retry = FIRST_RETRY;
      this.#retryAt = now + this.#retry;
    }
    for (const { bytes, settled } of arrived) {
      this.#unacknowledgedBytes -= bytes.byteLength;
      for (const callback of settled) callback(true);
    }
    const [first] = this.#unacknowledged;
    if (!first) return;
    if (type === NODE_MESSAGES.gap) this.#doubtful = Math.max(this.#doubtful, first.sequence);
    this.#sendAgain();
  }

  /** Some of what may be lost: more when that has been acknowledged. */
  #sendAgain(): void {
    const least = this.#againUpTo;
    const [first] = this.#unacknowledged;
    if (!first) return;
    for (const { sequence, bytes } of this.#unacknowledged.slice(0, AT_ONCE)) {
      if (sequence > this.#doubtful) return;
      if (sequence <= least) continue;
      this.#againUpTo = sequence;
      this.#options.send(bytes);
    }
  }

  #reply(type: NodeMessageType, generation: number, sequence: number): void {
    this.#options.send(bareMessage(this.#header(type, generation, sequence)));
  }

  #header(type: NodeMessageType, generation: number, sequence: number): NodeMessage {
    const { self: source, node: target } = this.#options;
    return { target, source, type, generation, sequence };
  }

  #arm(): void {
    const isBusy = this.#owesAcknowledgement || this.#unacknowledged.length > 0;
    if (this.#timer !== undefined || !isBusy || this.#closed) return;
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined;
      this.#tick();
      this.#arm();
    }, ACKNOWLEDGE_WITHIN);
  }

  #tick(): void {
    if (this.#owesAcknowledgement) this.#acknowledge();
    const [first] = this.#unacknowledged;
    if (!first) return;
    const now = this.#clock.now();
    if (now - first.at > LOST_AFTER) return this.#options.lost();
    if (now < this.#retryAt) return;
    this.#retry = Math.min(2 * this.#retry, LAST_RETRY);
    this.#retryAt = now + this.#retry;
    this.#doubtful = this.#lastSequence;
    this.#againUpTo = first.sequence - 1;
    this.#sendAgain();
  }
}
