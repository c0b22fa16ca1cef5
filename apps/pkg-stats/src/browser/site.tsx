import { hydrate, render } from 'preact';
import type { Feed, FeedName } from '../contract.js';
import { type Address, pathOf, readAddress } from '../pages/address.js';
import { App } from '../pages/app.js';
import { fillView } from '../pages/fill-view.js';
import { type Interactive, InteractiveContext } from '../pages/interactive.js';
import { emptyView, hasFailure, mainPart, retried, type View } from '../pages/view.js';
import type { Connection } from './connection.js';
import { Feeds } from './feeds.js';
import { updateHead } from './update-head.js';
import { Visits } from './visits.js';

/** A README that is longer is not for reading in a page. In characters. */
const MAX_README = 4 * 1024 * 1024;

/** What this tab shows: it takes over the server's page, and keeps it up to date. */
export class Site {
  readonly #app: HTMLElement;
  readonly #visits = new Visits();
  readonly #feeds = new Feeds((name, feed) => this.#takeFeed(name, feed));
  readonly #connection: Promise<Connection>;
  #view: View;
  #link: Interactive['link'] = 'connecting';
  /** Fires when the page is left. */
  #leaving = new AbortController();
  #filled: Promise<void> = Promise.resolve();
  #isArriving = false;
  /** The id of what is to be scrolled to, when it is there. */
  #place = '';

  constructor(app: HTMLElement, view: View) {
    this.#app = app;
    this.#view = view;
    // First as the server has rendered it; then with what needs script.
    hydrate(this.#page(undefined), app);
    this.#render();
    // It is not needed for the first view, and waits until that is there.
    this.#connection = import('./connection.js').then(({ connect }) => connect((link) => this.#showLink(link)));
    this.#load();
  }

  /** @param hash where to scroll to, as in an address */
  open(address: Address, hash = ''): void {
    this.#visits.leave(this.#view);
    this.#visits.enter(pathOf(address) + hash);
    scrollTo(0, 0);
    this.#place = hash.slice(1);
    this.#arrive(emptyView(address, Date.now()));
  }

  /** Where the browser has gone, back or forward. */
  returnTo(url: URL): void {
    this.#visits.leave(this.#view);
    const visit = this.#visits.come();
    const address = readAddress(url);
    // To another place in the same page: the browser has scrolled to it.
    if (!visit && pathOf(address) === pathOf(this.#view)) return;
    this.#arrive(visit?.view ?? emptyView(address, Date.now()));
    scrollTo(0, visit?.scrollY ?? 0);
  }

  #arrive(view: View): void {
    this.#leaving.abort();
    this.#leaving = new AbortController();
    this.#isArriving = true;
    this.#show(view);
    focusHeading();
    this.#load();
  }

  /** Asks for what is missing, and follows what changes. */
  #load(): void {
    const { signal } = this.#leaving;
    this.#filled = this.#fill(signal, false);
    this.#feeds.begin(this.#view);
    this.#followFeeds();
  }

  async #fill(signal: AbortSignal, isRefresh: boolean): Promise<void> {
    const connection = await this.#connection.catch(() => undefined);
    if (!connection || signal.aborted) return;
    const client = connection.clientUntil(signal);
    const show = (view: View) => {
      if (!signal.aborted) this.#show(view);
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

  #takeFeed(name: FeedName, feed: Feed): void {
    if (this.#view.kind === 'home') {
      this.#show({ ...this.#view, at: Date.now(), failure: null, feeds: { ...this.#view.feeds, [name]: feed } });
    } else if (isOutdated(this.#view, feed)) {
      const { signal } = this.#leaving;
      this.#filled = this.#filled.then(() => (signal.aborted ? undefined : this.#fill(signal, true)));
    }
  }

  #retry(): void {
    this.#show(retried(this.#view));
    this.#load();
  }

  #showLink(link: 'up' | 'down'): void {
    this.#link = link;
    document.documentElement.dataset.live = link === 'up' ? 'on' : 'off';
    this.#render();
    if (link === 'up' && hasFailure(this.#view, 'offline')) this.#retry();
  }

  #show(view: View): void {
    this.#view = view;
    updateHead(view);
    this.#render();
    if (!this.#isArriving || mainPart(view).state === 'loading') return;
    this.#isArriving = false;
    const announcer = document.querySelector('body > #announcer');
    if (announcer) announcer.textContent = document.title;
    if (document.activeElement === document.body) focusHeading();
    if (this.#place !== '') document.getElementById(this.#place)?.scrollIntoView();
    this.#place = '';
  }

  #render(): void {
    render(
      this.#page({
        link: this.#link,
        isPaused: this.#feeds.isPaused,
        newPackages: this.#feeds.newPackages,
        setPaused: (isPaused) => {
          this.#feeds.isPaused = isPaused;
          this.#followFeeds();
          this.#render();
        },
        retry: () => this.#retry(),
        files: async (name) => (await this.#connection).clientUntil(this.#leaving.signal).files(name),
      }),
      this.#app,
    );
  }

  #page(interactive: Interactive | undefined) {
    return (
      <InteractiveContext.Provider value={interactive}>
        <App view={this.#view} />
      </InteractiveContext.Provider>
    );
  }
}

/** Whether the feed has a later version than a package's page. */
function isOutdated(view: View, { packages }: Feed): boolean {
  if (view.kind !== 'package' || view.details.state !== 'ready') return false;
  const { name, publishedAt } = view.details.value;
  const newest = packages.find((item) => item.name === name);
  return (newest?.publishedAt ?? 0) > (publishedAt ?? 0);
}

function focusHeading(): void {
  document.querySelector('h1')?.focus({ preventScroll: true });
}
