import type { P2PError } from 'socket.io-p2p-plugin';
import type { P2PClientSocket } from 'socket.io-p2p-plugin/client';
import { monotonicTime } from '../monotonic-time.js';
import type { Payload } from '../relay/payloads.js';
import { MUTE_API, MUTE_SERVICE } from './mute-service.js';

export interface PendingOrder {
  readonly calls: number;
  /** What each may take, in ms. */
  readonly deadline: number;
}

/** How the calls ended, and when, by `monotonicTime`. */
export interface PendingOutcome {
  /** How many, by error code. */
  readonly codes: Readonly<Record<string, number>>;
  readonly unsettled: number;
  readonly lastCalled: number;
  readonly firstSettled: number;
  readonly lastSettled: number;
}

/** Calls that are made at once; the service must have them all before there are more. */
const WAVE = 1_000;

/** Calls that are never answered. Nothing is kept of one but what the library keeps, and its way to be counted. */
export class PendingCalls {
  readonly #socket: P2PClientSocket;
  readonly #codes: Record<string, number> = {};
  #pending = 0;
  #lastCalled = 0;
  #firstSettled = 0;
  #lastSettled = 0;
  #wake: () => void = () => {};

  constructor(socket: P2PClientSocket) {
    this.#socket = socket;
  }

  get pending(): number {
    return this.#pending;
  }

  /** Settles when the service has all calls. Gives how many it is answering then. */
  async make({ calls, deadline }: PendingOrder, argument: Payload): Promise<number> {
    const callers = this.#socket.with({ timeout: deadline });
    const answered = () => this.#settled('answered');
    const failed = ({ code }: P2PError) => this.#settled(code);
    let active = 0;
    for (let made = 0; made < calls; ) {
      for (let wave = Math.min(WAVE, calls - made); wave > 0; wave--, made++) {
        this.#pending++;
        callers.callService(MUTE_SERVICE, MUTE_API, argument).then(answered, failed);
      }
      this.#lastCalled = monotonicTime();
      active = await activeCalls(this.#socket);
    }
    return active;
  }

  /** Waits for them all to settle, for so many ms at most. */
  async outcome(patience: number): Promise<PendingOutcome> {
    if (this.#pending > 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, patience);
      });
    }
    return {
      codes: this.#codes,
      unsettled: this.#pending,
      lastCalled: this.#lastCalled,
      firstSettled: this.#firstSettled,
      lastSettled: this.#lastSettled,
    };
  }

  #settled(code: string): void {
    this.#codes[code] = (this.#codes[code] ?? 0) + 1;
    this.#lastSettled = monotonicTime();
    if (this.#firstSettled === 0) this.#firstSettled = this.#lastSettled;
    if (--this.#pending === 0) this.#wake();
  }
}

/** What the service has in hand. Messages keep their order, so it knows of all that was called or given up before. */
export async function activeCalls(socket: P2PClientSocket): Promise<number> {
  const { apis } = await socket.describeService(MUTE_SERVICE);
  return apis[0]!.active;
}
