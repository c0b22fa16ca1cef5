import { FEEDS, type Feed, type FeedName } from '../contract.js';
import type { Feeds, View } from '../pages/view.js';
import type { Connection } from './connection.js';

/** The feeds that a page follows, unless somebody wants to read in peace. */
export class LiveFeeds {
  readonly #show: (feeds: Feeds) => void;
  #names: readonly FeedName[] = [];
  #stop = new AbortController();
  #known: Set<string> | undefined;
  /** What has come for lists that have the focus in them. */
  #held: Feeds = {};
  isPaused = false;
  /** In the feed of the newest, since the page was opened. */
  newPackages = 0;

  /** @param show is given what is to be shown in place of what was there */
  constructor(show: (feeds: Feeds) => void) {
    this.#show = show;
    addEventListener('focusout', ({ relatedTarget }) => this.#release(relatedTarget));
  }

  /** For another page. A package's wants to know of its new versions. */
  begin(view: View): void {
    this.isPaused = false;
    this.newPackages = 0;
    this.#known = undefined;
    this.#held = {};
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
      client.follow(name, (feed) => !until.aborted && this.#take(name, feed), until).catch(() => {});
    }
  }

  /** What somebody is going through by keyboard stays as it is. */
  #take(name: FeedName, feed: Feed): void {
    if (name === 'newest') this.#count(feed);
    const isHeld = isIn(document.activeElement, name);
    if (isHeld) this.#held = { ...this.#held, [name]: feed };
    this.#show(isHeld ? {} : { [name]: feed });
  }

  /** Where the focus leaves a list. A window that is left keeps it. */
  #release(next: EventTarget | null): void {
    const released = FEEDS.filter(
      (name) => this.#held[name] && !isIn(next, name) && !isIn(document.activeElement, name),
    );
    if (released.length === 0) return;
    const held = this.#held;
    this.#held = withFeeds(held, (name) => !released.includes(name));
    this.#show(withFeeds(held, (name) => released.includes(name)));
  }

  #count({ packages }: Feed): void {
    const names = packages.map(({ name }) => name);
    const known = this.#known;
    if (known) this.newPackages += names.filter((name) => !known.has(name)).length;
    this.#known = new Set([...(known ?? []), ...names]);
  }
}

const isIn = (target: EventTarget | null, name: FeedName): boolean =>
  target instanceof Element && target.closest(`section.feed#${name}`) !== null;

const withFeeds = (feeds: Feeds, isWanted: (name: FeedName) => boolean): Feeds =>
  Object.fromEntries(Object.entries(feeds).filter(([name]) => isWanted(name as FeedName)));
