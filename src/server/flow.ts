import { MAX_SESSION_INFLOW, MAX_STREAM_WINDOW, MIN_STREAM_INFLOW } from '../protocol/limits.js';
import { P2PError } from '../protocol/p2p-error.js';

/** Credit in portions smaller than this is kept back until there is more, or the rest, in bytes. */
const LEAST_PORTION = MIN_STREAM_INFLOW / 2;

export const TOO_MUCH_CREDIT = `More than ${MAX_STREAM_WINDOW} bytes of credit`;

/** All stream data on its way to one session: what its streams were granted, and what waits to be written out. */
export class Inflow {
  /** Made for the first that waits. */
  #waiting: Set<Flow> | undefined;
  #load = 0;
  /** What waits to be written out, in bytes. */
  queued = 0;

  /** Granted and queued, in bytes. */
  get load(): number {
    return this.#load;
  }

  add(bytes: number): void {
    this.#load += bytes;
  }

  remove(bytes: number): void {
    this.#load -= bytes;
    // Each turn lets something through: all that a flow has kept back, or all there is room for.
    while (this.#waiting?.size && this.#load <= MAX_SESSION_INFLOW - LEAST_PORTION) {
      const flow = this.#waiting.values().next().value as Flow;
      this.#waiting.delete(flow);
      flow.letThrough();
    }
  }

  wait(flow: Flow): void {
    this.#waiting ??= new Set();
    this.#waiting.add(flow);
  }

  forget(flow: Flow): void {
    this.#waiting?.delete(flow);
  }
}

/**
 * One direction of a relayed stream. The receiver's credit is let through to the sender as far as its session has room,
 * so that the server never holds more than that, however many streams there are and whatever the ends say.
 */
export class Flow {
  readonly #inflow: Inflow;
  readonly #pass: (credit: number, probe: number) => void;
  /** Credit that the receiver has granted and the sender has not been told of. */
  #held = 0;
  #probe = 0;
  /** Credit that the sender has and has not used. */
  #credit = 0;
  /** Data that has come and has not been written out. */
  #queued = 0;
  #closed = false;

  /** `pass` tells the sender of credit. */
  constructor(inflow: Inflow, pass: (credit: number, probe: number) => void) {
    this.#inflow = inflow;
    this.#pass = pass;
  }

  /** Credit that the sender has and has not used, in bytes. */
  get unused(): number {
    return this.#credit;
  }

  /** Credit that has not been used, in bytes. */
  get granted(): number {
    return this.#held + this.#credit;
  }

  /** @throws P2PError `STREAM_VIOLATION` for more than a stream may have */
  grant(credit: number, probe: number): void {
    if (this.granted + credit > MAX_STREAM_WINDOW) {
      throw new P2PError('STREAM_VIOLATION', TOO_MUCH_CREDIT);
    }
    if (this.#closed) return;
    this.#held += credit;
    this.#probe = probe;
    this.letThrough();
  }

  letThrough(): void {
    const room = Math.max(MAX_SESSION_INFLOW - this.#inflow.load, MIN_STREAM_INFLOW - this.#credit - this.#queued);
    const credit = Math.min(this.#held, room);
    const isWorthIt = credit > 0 && (credit === this.#held || credit >= LEAST_PORTION);
    if (isWorthIt) {
      this.#held -= credit;
      this.#credit += credit;
      this.#inflow.add(credit);
    }
    if (this.#held > 0) this.#inflow.wait(this);
    if (isWorthIt) this.#pass(credit, this.#probe);
  }

  /**
   * The sender has sent what cost this much.
   * @returns to be called when it has been written out
   * @throws P2PError `STREAM_VIOLATION` where it had no credit for it
   */
  use(cost: number): () => void {
    if (cost > this.#credit) throw new P2PError('STREAM_VIOLATION', 'Data beyond the credit');
    this.#credit -= cost;
    this.#queued += cost;
    this.#inflow.queued += cost;
    return () => {
      this.#queued -= cost;
      this.#inflow.queued -= cost;
      this.#inflow.remove(cost);
      if (this.#held > 0) this.letThrough();
    };
  }

  /** Nothing more will be sent. What is queued still counts until it has been written out. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#inflow.forget(this);
    this.#held = 0;
    const unused = this.#credit;
    this.#credit = 0;
    this.#inflow.remove(unused);
  }
}
