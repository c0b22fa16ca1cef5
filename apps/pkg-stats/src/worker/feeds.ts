import { FEEDS, type Feed, type FeedName, type PackageSummary } from '../contract.js';
import type { PackageIndex } from './package-index.js';

/** Packages in a feed. */
const LENGTH = 10;

/** Tells the subscribers of each feed what has changed in it. */
export class Feeds {
  readonly #index: PackageIndex;
  readonly #publish: (name: FeedName, feed: Feed) => void;
  readonly #before = new Map<FeedName, string>();

  constructor(index: PackageIndex, publish: (name: FeedName, feed: Feed) => void) {
    this.#index = index;
    this.#publish = publish;
  }

  /** Publishes those that are other ones than before; the random one always is. */
  publish(): void {
    for (const name of FEEDS) {
      const { size, updatedAt } = this.#index;
      const feed = { packages: this.#packagesOf(name), index: { size, updatedAt } };
      const text = JSON.stringify(feed);
      if (this.#before.get(name) === text) continue;
      this.#before.set(name, text);
      this.#publish(name, feed);
    }
  }

  #packagesOf(name: FeedName): PackageSummary[] {
    if (name === 'popular') return this.#index.popular(LENGTH);
    return name === 'newest' ? this.#index.newest(LENGTH) : this.#index.random(LENGTH);
  }
}
