import { P2PError } from '../protocol/p2p-error.js';
import type { ServerLimits } from './server-limits.js';

/** What a session has some of, counted. */
export type Counted = 'requests' | 'streams' | 'pairs' | 'watches';

/** The limits that say how many of something there may be. */
export type MostName = Extract<keyof ServerLimits, `max${string}s`>;

const MOST: { readonly [C in Counted]: MostName } = {
  requests: 'maxRequests',
  streams: 'maxStreams',
  pairs: 'maxPairs',
  watches: 'maxWatches',
};

/** How much of each kind a session uses. Without limits it is the server's own. */
export class Usage {
  readonly #limits: ServerLimits | undefined;
  readonly #counts: Record<Counted, number> = { requests: 0, streams: 0, pairs: 0, watches: 0 };

  constructor(limits: ServerLimits | undefined) {
    this.#limits = limits;
  }

  get counts(): Readonly<Record<Counted, number>> {
    return this.#counts;
  }

  /** @throws P2PError `LIMIT_EXCEEDED` where there are as many as there may be */
  checkRoomFor(what: Counted): void {
    this.check(MOST[what], this.#counts[what]);
  }

  /** @throws P2PError `LIMIT_EXCEEDED` where `present` is as many as there may be */
  check(limit: MostName, present: number): void {
    const refusal = this.refusal(limit, present);
    if (refusal) throw refusal;
  }

  /** `LIMIT_EXCEEDED` where there are as many as there may be. */
  refusalOf(what: Counted): P2PError | undefined {
    return this.refusal(MOST[what], this.#counts[what]);
  }

  refusal(limit: MostName, present: number): P2PError | undefined {
    const most = this.#limits?.[limit] ?? Number.POSITIVE_INFINITY;
    if (present < most) return undefined;
    return new P2PError('LIMIT_EXCEEDED', `The server allows ${most} at once`, { details: { limit, most } });
  }

  add(what: Counted): void {
    this.#counts[what]++;
  }

  remove(what: Counted, count = 1): void {
    this.#counts[what] -= count;
  }
}
