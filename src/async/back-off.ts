export interface BackOffOptions {
  /** First delay, in ms. */
  readonly min: number;
  /** Longest delay, in ms. */
  readonly max: number;
  /** Share of the delay that is random, 0 to 1. */
  readonly jitter: number;
}

/** Delays that double from one attempt to the next, up to a bound, with some randomness. */
export class BackOff {
  readonly #options: BackOffOptions;
  #attempts = 0;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  /** The next delay, in ms. */
  next(): number {
    const { min, max, jitter } = this.#options;
    const delay = Math.min(max, min * 2 ** Math.min(this.#attempts++, 30));
    return Math.round(Math.min(max, delay * (1 + jitter * (2 * Math.random() - 1))));
  }

  reset(): void {
    this.#attempts = 0;
  }
}
