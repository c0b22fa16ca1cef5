import { type Clock, systemClock, type Timer } from '../../async/clock.js';
import { IncomingRow } from './incoming-row.js';
import {
  type AddressedMessage,
  bareMessage,
  eachSection,
  NODE_HEADER,
  NODE_MESSAGES,
  type NodeMessage,
  type NodeMessageType,
  writeNodeHeader,
} from './node-frame.js';
import { OutgoingRow, type Settled } from './outgoing-row.js';

/** What has come is acknowledged within this time, in ms. */
const ACKNOWLEDGE_WITHIN = 20;

/** What waits for a server that takes nothing, in bytes. */
export const MAX_LINK_QUEUE = 64 * 1_048_576;

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

/** Of this process: later ones are greater. */
let lastGeneration = 0;

/**
 * What one server tells another: once, in order, however messages get there; or else both begin anew. What is said in
 * one turn of the event loop is one message.
 */
export class NodeLink {
  readonly #options: NodeLinkOptions;
  readonly #clock: Clock;
  readonly #outgoing: OutgoingRow;
  readonly #incoming: IncomingRow;
  /** Of what is sent here: another one begins a new row. */
  readonly #generation = ++lastGeneration;
  /** Of what comes; 0 until something has come. */
  #theirs = 0;
  #owesAcknowledgement = false;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: NodeLinkOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#outgoing = new OutgoingRow({
      clock: this.#clock,
      compose: (sequence, parts) => this.#compose(sequence, parts),
      send: (bytes) => {
        options.send(bytes);
        this.#arm();
      },
    });
    this.#incoming = new IncomingRow((bytes) => eachSection(bytes, options.received));
    // It may have missed that it was lost here, and wait for nothing.
    if (options.after) this.#restart(options.after);
  }

  /** What has not been acknowledged, in bytes. */
  get queued(): number {
    return this.#outgoing.queued;
  }

  /** The last that what comes has had. */
  get theirGeneration(): number {
    return this.#theirs || (this.#options.after ?? 0);
  }

  /** `settled` is called once. */
  send(kind: number, parts: readonly Uint8Array[], settled?: Settled): void {
    if (this.#closed) settled?.(false);
    else this.#outgoing.add(kind, parts, settled);
  }

  /** All that is to be said is said now, what has come is acknowledged. */
  flush(): void {
    this.#outgoing.flush();
    if (this.#owesAcknowledgement && !this.#closed) this.#acknowledge();
  }

  /** @returns false where the other has begun anew, and so this has to be another link */
  receive({ type, generation, sequence }: NodeMessage, bytes: Buffer): boolean {
    const isMine = generation === this.#generation;
    if (this.#closed) return true;
    if (type === NODE_MESSAGES.data) return this.#receiveData(generation, sequence, bytes);
    if (type === NODE_MESSAGES.restart) return !isMine;
    const hasGap = type === NODE_MESSAGES.gap;
    if (isMine && (hasGap || type === NODE_MESSAGES.acknowledge)) this.#outgoing.acknowledged(sequence, hasGap);
    return true;
  }

  /** What was not acknowledged may be lost. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#clock.clearTimer(this.#timer);
    this.#incoming.close();
    this.#outgoing.close();
  }

  #receiveData(generation: number, sequence: number, bytes: Buffer): boolean {
    if (this.#theirs === 0) {
      // Of a row that is over here: the other has not noticed that it was lost.
      if (generation <= this.theirGeneration) {
        this.#restart(generation);
        return true;
      }
      this.#theirs = generation;
    }
    if (generation !== this.#theirs) return generation < this.#theirs;
    this.#incoming.receive(sequence, bytes);
    if (this.#closed) return true;
    this.#owesAcknowledgement = true;
    // What is missing is to be sent again at once.
    if (this.#incoming.hasGap) this.#acknowledge();
    this.#arm();
    return true;
  }

  #acknowledge(): void {
    this.#owesAcknowledgement = false;
    const { hasGap, last } = this.#incoming;
    this.#reply(hasGap ? NODE_MESSAGES.gap : NODE_MESSAGES.acknowledge, this.#theirs, last);
  }

  /** Of what the other sends that row is over, and it is to begin anew. */
  #restart(generation: number): void {
    this.#reply(NODE_MESSAGES.restart, generation, 0);
  }

  #reply(type: NodeMessageType, generation: number, sequence: number): void {
    this.#options.send(bareMessage(this.#header(type, generation, sequence)));
  }

  #compose(sequence: number, parts: readonly Buffer[]): Buffer {
    const bytes = Buffer.concat([Buffer.allocUnsafe(NODE_HEADER), ...parts]);
    writeNodeHeader(bytes, this.#header(NODE_MESSAGES.data, this.#generation, sequence));
    return bytes;
  }

  #header(type: NodeMessageType, generation: number, sequence: number): AddressedMessage {
    const { self: source, node: target } = this.#options;
    return { target, source, type, generation, sequence };
  }

  /** Only while something is owed or waited for. */
  #arm(): void {
    const isBusy = this.#owesAcknowledgement || this.#outgoing.isWaiting;
    if (this.#timer !== undefined || !isBusy || this.#closed) return;
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined;
      this.#tick();
      this.#arm();
    }, ACKNOWLEDGE_WITHIN);
  }

  #tick(): void {
    if (this.#owesAcknowledgement) this.#acknowledge();
    if (this.#outgoing.isLost) this.#options.lost();
    else this.#outgoing.retry();
  }
}
