import { P2PError } from 'socket.io-p2p-plugin';
import type { ServiceConsumer } from 'socket.io-p2p-plugin/client';
import {
  type DownloadHistory,
  type Feed,
  type FeedName,
  type PackageDetails,
  type RegistryService,
  registryService,
  type SearchPage,
  type UserDetails,
} from './contract.js';
import { workersOf } from './workers.js';

/**
 * The worker that was asked is there no more, and another may be asked instead. Visitors, who may not list clients, are
 * told `FORBIDDEN` for whoever is not there.
 */
const GONE: ReadonlySet<string> = new Set(['CLIENT_NOT_FOUND', 'PEER_GONE', 'API_NOT_FOUND', 'FORBIDDEN']);

/** Between two looks for a worker, in ms. */
const LOOK_AGAIN = 2_000;

/** Which worker is asked: clients that share it ask the same one. */
export interface Choice {
  worker?: RegistryService | undefined;
}

/** Asks whichever worker there is: in a browser, on the web server, and in the webhook client. */
export class RegistryClient {
  readonly #consumer: ServiceConsumer;
  readonly #choice: Choice;

  /** @param consumer may have a deadline or a signal, by `with(…)` */
  constructor(consumer: ServiceConsumer, choice: Choice = {}) {
    this.#consumer = consumer;
    this.#choice = choice;
  }

  /** @throws P2PError `CLIENT_NOT_FOUND` where there is no worker */
  async findWorker(): Promise<void> {
    await this.#choose();
  }

  search(input: { text: string; from?: number; size?: number }): Promise<SearchPage> {
    return this.#ask((worker) => this.#consumer.callService(worker, 'search', input));
  }

  package(name: string): Promise<PackageDetails> {
    return this.#ask((worker) => this.#consumer.callService(worker, 'package', { name }));
  }

  user(name: string): Promise<UserDetails> {
    return this.#ask((worker) => this.#consumer.callService(worker, 'user', { name }));
  }

  downloads(name: string, days?: number): Promise<DownloadHistory> {
    const input = days === undefined ? { name } : { name, days };
    return this.#ask((worker) => this.#consumer.callService(worker, 'downloads', input));
  }

  /** HTML that is safe to show, piece by piece. */
  readme(name: string): Promise<AsyncIterable<string>> {
    return this.#ask((worker) => this.#consumer.callService(worker, 'readme', { name }));
  }

  files(name: string): Promise<AsyncIterable<{ path: string; size: number }>> {
    return this.#ask((worker) => this.#consumer.callService(worker, 'files', { name }));
  }

  names(): Promise<AsyncIterable<{ name: string; publishedAt: number | null }[]>> {
    return this.#ask((worker) => this.#consumer.callService(worker, 'names'));
  }

  /** Shows a feed as it changes, whichever worker has it, until `signal` fires. */
  async follow(name: FeedName, show: (feed: Feed) => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#subscribe(name, show, signal);
      if (!signal.aborted) await pause(LOOK_AGAIN, signal);
    }
  }

  /** Until there is nobody to follow, or nobody is any more. */
  async #subscribe(name: FeedName, show: (feed: Feed) => void, signal: AbortSignal): Promise<void> {
    try {
      const subscription = this.#consumer.subscribeTopic(await this.#choose(), name, show);
      const leave = () => subscription.unsubscribe();
      signal.addEventListener('abort', leave);
      if (signal.aborted) leave();
      await subscription.ended;
      signal.removeEventListener('abort', leave);
    } catch {
      // There is no worker, or no connection; both may come.
    }
    if (!signal.aborted) this.#choice.worker = undefined;
  }

  /** A call that no worker has begun is made once more, to another one. */
  async #ask<T>(call: (worker: RegistryService) => Promise<T>): Promise<T> {
    const worker = await this.#choose();
    try {
      return await call(worker);
    } catch (error) {
      const code = error instanceof P2PError ? error.code : undefined;
      const isGone = code !== undefined && GONE.has(code);
      // One that does not answer may be stuck: the next call may have more luck with another.
      if ((isGone || code === 'TIMEOUT') && this.#choice.worker === worker) this.#choice.worker = undefined;
      if (!isGone) throw error;
      return call(await this.#choose());
    }
  }

  /** One by chance, and the same one from then on. @throws P2PError `CLIENT_NOT_FOUND` */
  async #choose(): Promise<RegistryService> {
    if (this.#choice.worker) return this.#choice.worker;
    const workers = await workersOf(this.#consumer);
    const id = workers[Math.floor(Math.random() * workers.length)];
    if (id === undefined) throw new P2PError('CLIENT_NOT_FOUND', 'No registry worker is connected');
    this.#choice.worker = registryService(id);
    return this.#choice.worker;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
