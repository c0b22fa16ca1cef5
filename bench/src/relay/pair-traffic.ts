import type { RelayClient } from './contestants.js';
import { isSamePayload, type Payload } from './payloads.js';

/** One stretch of sending. */
export interface Stretch {
  readonly payload: Payload;
  /** Messages under way at once. */
  readonly inFlight: number;
  /** When to send no more, on the clock of `performance.now()`. */
  readonly until: number;
}

export interface PairOptions {
  readonly sender: RelayClient;
  readonly senderId: string;
  readonly receiver: RelayClient;
  readonly receiverId: string;
}

/**
 * One client that sends to another as fast as a bounded number of messages under way lets it. Both live
 * in this process, so that what has arrived is known without an answer over the wire.
 */
export class PairTraffic {
  readonly #options: PairOptions;
  #stretch: Stretch | undefined;
  #sent = 0;
  #received = 0;
  #done: ((received: number) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  constructor(options: PairOptions) {
    this.#options = options;
    options.receiver.receive((from, payload) => this.#receive(from, payload));
  }

  get underWay(): number {
    return this.#sent - this.#received;
  }

  /** Settles with the number of messages when the last one has arrived. */
  run(stretch: Stretch): Promise<number> {
    this.#stretch = stretch;
    this.#sent = 0;
    this.#received = 0;
    return new Promise((resolve, reject) => {
      this.#done = resolve;
      this.#failed = reject;
      for (let count = 0; count < stretch.inFlight; count++) this.#send(stretch);
    });
  }

  #send({ payload }: Stretch): void {
    this.#sent++;
    this.#options.sender.send(this.#options.receiverId, payload);
  }

  #receive(from: string, payload: unknown): void {
    this.#received++;
    const stretch = this.#stretch;
    if (!stretch) throw new Error(`${this.#options.receiverId} got a message that nobody sent`);
    if (from !== this.#options.senderId) return this.#failed?.(new Error(`A message came from ${from}`));
    // One look per stretch: looking is no part of relaying.
    if (this.#received === 1 && !isSamePayload(payload, stretch.payload)) {
      return this.#failed?.(new Error(`${this.#options.receiverId} got another payload than was sent`));
    }
    if (performance.now() < stretch.until) return this.#send(stretch);
    if (this.underWay > 0) return;
    this.#stretch = undefined;
    this.#done?.(this.#received);
  }
}
