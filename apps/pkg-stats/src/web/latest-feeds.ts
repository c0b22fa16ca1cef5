import { FEEDS } from '../contract.js';
import type { Feeds } from '../pages/view.js';
import type { RegistryClient } from '../registry-client.js';

/** What the workers have last published, for pages to begin with. */
export class LatestFeeds implements Disposable {
  readonly #client: RegistryClient;
  readonly #waiting = new Set<() => void>();
  #stop = new AbortController();
  #feeds: Feeds = {};

  constructor(client: RegistryClient) {
    this.#client = client;
  }

  get latest(): Feeds {
    return this.#feeds;
  }

  /** All feeds, or those that there are when `signal` fires. */
  async all(signal: AbortSignal): Promise<Feeds> {
    while (!this.#areComplete && !signal.aborted) await this.#change(signal);
    return this.#feeds;
  }

  /** Looks for a worker, at once. */
  follow(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    for (const name of FEEDS) {
      this.#client.follow(name, (feed) => this.#put({ [name]: feed }), this.#stop.signal).catch(() => {});
    }
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }

  get #areComplete(): boolean {
    return FEEDS.every((name) => this.#feeds[name]);
  }

  #put(feed: Feeds): void {
    this.#feeds = { ...this.#feeds, ...feed };
    for (const proceed of this.#waiting) proceed();
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const proceed = () => {
        this.#waiting.delete(proceed);
        signal.removeEventListener('abort', proceed);
        resolve();
      };
      this.#waiting.add(proceed);
      signal.addEventListener('abort', proceed);
    });
  }
}
