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

  /** `LIMIT_EXCEEDED` where there are as many as there may be. */
  refusalOf(what: Counted): P2PError | undefined {
    return this.refusal(MOST[what], this.#counts[what]);
  }

  /** The same where they are counted elsewhere, and this many are `present`. */
  refusal(limit: MostName, present: number): P2PError | undefined {
    const most = this.#limits?.[limit] ?? Number.POSITIVE_INFINITY;
    if (present < most) return undefined;
    return new P2PError('LIMIT_EXCEEDED', `The server allows ${most} at once (${limit})`, { details: { limit, most } });
  }

  add(what: Counted): void {
    this.#counts[what]++;
  }

  remove(what: Counted, count = 1): void {
    this.#counts[what] -= count;
  }
}

/** @throws P2PError what it is given, if anything */
export function throwIf(refusal: P2PError | undefined): void {
  if (refusal) throw refusal;
}
