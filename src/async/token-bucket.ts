/** How much may be taken at once, and how fast it comes back. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** A budget that fills up by itself: it holds `burst` at most. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #now: () => number;
  #left: number;
  #filledAt: number;

  /** `now` in ms. */
  constructor(rate: Rate, now: () => number = presentTime) {
    this.#rate = rate;
    this.#now = now;
    this.#left = rate.burst;
    this.#filledAt = now();
  }

  /** Takes it all, or nothing; `now` where the caller knows it. @returns whether there was enough */
  take(amount: number, now = this.#now()): boolean {
    if (!this.has(amount, now)) return false;
    this.#left -= amount;
    return true;
  }

  /** Whether there is so much; `now` where the caller knows it. */
  has(amount: number, now = this.#now()): boolean {
    this.#fill(now);
    return amount <= this.#left;
  }

  #fill(now: number): void {
    const { burst, perSecond } = this.#rate;
    const elapsed = now - this.#filledAt;
    if (elapsed <= 0) return;
    this.#left = Math.min(burst, this.#left + (elapsed / 1_000) * perSecond);
    this.#filledAt = now;
  }
}

/** One function for all buckets, of which there are many. */
function presentTime(): number {
  return performance.now();
}
