import { withoutPassword } from './connect-redis.js';
import { notice } from './notice.js';

/** Tells once what all processes that use one Redis find out at the same time. */
export class RedisOutages<Reporter> {
  readonly #url: string;
  readonly #without = new Set<Reporter>();

  constructor(url: string) {
    this.#url = url;
  }

  lost(reporter: Reporter, reason: string): void {
    if (this.#without.size === 0) notice(`Redis at ${withoutPassword(this.#url)} is lost: ${reason}`);
    this.#without.add(reporter);
  }

  back(reporter: Reporter): void {
    if (this.#without.delete(reporter) && this.#without.size === 0) {
      notice(`Redis at ${withoutPassword(this.#url)} is back`);
    }
  }

  /** The reporter has ended. */
  forget(reporter: Reporter): void {
    this.#without.delete(reporter);
  }
}
