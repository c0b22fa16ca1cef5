import { hydrate, render } from 'preact';
import { type Address, pathOf, readAddress } from '../pages/address.js';
import { App } from '../pages/app.js';
import { fillView } from '../pages/fill-view.js';
import { type Interactive, InteractiveContext } from '../pages/interactive.js';
import { emptyView, type Feeds, hasFailure, type Parts, retried, type View, withParts } from '../pages/view.js';
import { Arrival } from './arrival.js';
import type { Connection } from './connection.js';
import { everyMinute } from './every-minute.js';
import { isOutdated } from './is-outdated.js';
import { focusHeading, keepFocus } from './keep-focus.js';
import { LiveFeeds } from './live-feeds.js';
import { updateHead } from './update-head.js';
import { Visits } from './visits.js';

/** A README that is longer is not for reading in a page. In characters. */
const MAX_README = 4 * 1024 * 1024;

/** What this tab shows: it takes over the server's page, and keeps it up to date. */
export class Site {
  readonly #app: HTMLElement;
  readonly #visits = new Visits();
  readonly #arrival = new Arrival();
  readonly #feeds = new LiveFeeds((feeds) => this.#takeFeeds(feeds));
  readonly #connection: Promise<Connection>;
  #view: View;
  #link: Interactive['link'] = 'connecting';
  /** Fires when the page is left. */
  #leaving = new AbortController();
  #filled: Promise<void> = Promise.resolve();

  constructor(app: HTMLElement, view: View) {
    this.#app = app;
    this.#view = view;
    // First as the server has rendered it; then with what needs script.
    hydrate(this.#page(undefined), app);
    this.#render();
    // It is not needed for the first view, and waits until that is there.
    this.#connection = import('./connection.js').then(({ connect }) => connect((link) => this.#showLink(link)));
    this.#load(false);
    // Ages go on.
    everyMinute(() => this.#put({}));
  }

  /** @param hash where to scroll to, as in an address */
  open(address: Address, hash = ''): void {
    this.#visits.leave(this.#view);
    this.#visits.enter(pathOf(address) + hash);
    scrollTo(0, 0);
    this.#arrival.begin(hash);
    this.#arrive(emptyView(address, Date.now()), false);
  }

  /** Where the browser has gone, back or forward. */
  returnTo(url: URL): void {
    this.#visits.leave(this.#view);
    const visit = this.#visits.come();
    const address = readAddress(url);
    // To another place in the same page: the browser has scrolled to it.
    if (!visit && pathOf(address) === pathOf(this.#view)) return;
    const view = visit?.view ?? emptyView(address, Date.now());
    this.#arrival.begin('');
    // What is kept may have become old.
    this.#arrive({ ...view, at: Date.now() }, visit !== undefined);
    scrollTo(0, visit?.scrollY ?? 0);
  }

  #arrive(view: View, isRefresh: boolean): void {
    this.#leaving.abort();
    this.#leaving = new AbortController();
    this.#show(view);
    focusHeading();
    this.#load(isRefresh);
  }

  /** Asks for what is missing, and follows what changes. */
  #load(isRefresh: boolean): void {
    const { signal } = this.#leaving;
    this.#filled = this.#fill(signal, isRefresh);
    this.#feeds.begin(this.#view);
    this.#followFeeds();
  }

  async #fill(signal: AbortSignal, isRefresh: boolean): Promise<void> {
    const connection = await this.#connection.catch(() => undefined);
    if (!connection || signal.aborted) return;
    const client = connection.clientUntil(signal);
    const show = (parts: Parts) => {
      if (!signal.aborted) this.#put(parts);
    };
    await fillView(this.#view, { client, show, maxReadme: MAX_README, isRefresh });
  }

  #followFeeds(): void {
    const { signal } = this.#leaving;
    this.#connection.then(
      (connection) => !signal.aborted && this.#feeds.follow(connection, signal),
      () => this.#showLink('down'),
    );
  }

  #takeFeeds(feeds: Feeds): void {
    if (this.#view.kind === 'home') {
      this.#put({ failure: null, feeds: { ...this.#view.feeds, ...feeds } });
    } else if (feeds.newest && isOutdated(this.#view, feeds.newest)) {
      const { signal } = this.#leaving;
      this.#filled = this.#filled.then(() => (signal.aborted ? undefined : this.#fill(signal, true)));
    }
  }

  #retry(): void {
    this.#show(retried(this.#view));
    this.#load(false);
  }

  #showLink(link: 'up' | 'down'): void {
    this.#link = link;
    document.documentElement.dataset.live = link === 'up' ? 'on' : 'off';
    this.#render();
    if (link === 'up' && hasFailure(this.#view, 'offline')) this.#retry();
  }

  #put(parts: Parts): void {
    this.#show({ ...withParts(this.#view, parts), at: Date.now() });
  }

  #show(view: View): void {
    this.#view = view;
    updateHead(view);
    this.#render();
    this.#arrival.show(view);
  }

  #render(): void {
    keepFocus(() => render(this.#page(this.#interactive()), this.#app));
  }

  #interactive(): Interactive {
    return {
      link: this.#link,
      isPaused: this.#feeds.isPaused,
      newPackages: this.#feeds.newPackages,
      setPaused: (isPaused) => {
        this.#feeds.isPaused = isPaused;
        this.#followFeeds();
        this.#render();
      },
      retry: () => this.#retry(),
      sort: (order) => this.#put({ order }),
      files: async (name) => (await this.#connection).clientUntil(this.#leaving.signal).files(name),
    };
  }

  #page(interactive: Interactive | undefined) {
    return (
      <InteractiveContext.Provider value={interactive}>
        <App view={this.#view} />
      </InteractiveContext.Provider>
    );
  }
}
