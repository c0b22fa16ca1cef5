import { FEEDS, type Feed, type FeedName } from '../contract.js';
import type { View } from '../pages/view.js';
import type { Connection } from './connection.js';

/** The feeds that a page follows, unless somebody wants to read in peace. */
export class Feeds {
  readonly #show: (name: FeedName, feed: Feed) => void;
  #names: readonly FeedName[] = [];
  #stop = new AbortController();
  #known: Set<string> | undefined;
  isPaused = false;
  /** In the feed of the newest, since the page was opened. */
  newPackages = 0;

  constructor(show: (name: FeedName, feed: Feed) => void) {
    this.#show = show;
  }

  /** For another page. A package's wants to know of its new versions. */
  begin(view: View): void {
    this.isPaused = false;
    this.newPackages = 0;
    this.#known = undefined;
    this.#names = view.kind === 'home' ? FEEDS : view.kind === 'package' ? ['newest'] : [];
    if (view.kind === 'home' && view.feeds.newest) this.#count(view.feeds.newest);
  }

  /** Anew, or no more where they are paused. */
  follow(connection: Connection, signal: AbortSignal): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    if (this.isPaused) return;
    const until = AbortSignal.any([this.#stop.signal, signal]);
    const client = connection.clientUntil(until);
    for (const name of this.#names) {
      const take = (feed: Feed) => {
        if (name === 'newest') this.#count(feed);
        if (!until.aborted) this.#show(name, feed);
      };
      client.follow(name, take, until).catch(() => {});
    }
  }

  #count({ packages }: Feed): void {
    const names = packages.map(({ name }) => name);
    const known = this.#known;
    if (known) this.newPackages += names.filter((name) => !known.has(name)).length;
    this.#known = new Set([...(known ?? []), ...names]);
  }
}
