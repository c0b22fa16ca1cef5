import { FEEDS, type Feed, type FeedName, type PackageSummary } from '../contract.js';
import type { Downloads } from './downloads.js';
import type { PackageIndex } from './package-index.js';
import { packageList } from './package-list.js';

/** Packages in a feed. */
const LENGTH = 10;

/** Tells the subscribers of each feed what has changed in it. */
export class Feeds {
  readonly #index: PackageIndex;
  readonly #downloads: Downloads;
  readonly #publish: (name: FeedName, feed: Feed) => void;
  readonly #before = new Map<FeedName, string>();

  constructor(
    { index, downloads }: { index: PackageIndex; downloads: Downloads },
    publish: (name: FeedName, feed: Feed) => void,
  ) {
    this.#index = index;
    this.#downloads = downloads;
    this.#publish = publish;
  }

  /** Publishes those that are other ones than before; the random one always is. */
  publish(): void {
    for (const name of FEEDS) {
      const { size, updatedAt } = this.#index;
      const packages = packageList(this.#packagesOf(name));
      const downloadsFreshness = this.#downloads.freshnessOf(packages.map((summary) => summary.name));
      const feed = { packages, index: { size, updatedAt }, downloadsFreshness };
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
