import { isSamePayload, type Payload } from '../relay/payloads.js';
import type { HostClient, Hosting, ServiceClient } from './service-contestant.js';

/** One stretch of publishing. */
export interface PublicationOrder {
  readonly hosting: Hosting;
  /** Publications in a row, each time that all before have arrived everywhere. */
  readonly burst: number;
  /** In ms. */
  readonly duration: number;
}

export interface PublicationResult {
  readonly elapsedMs: number;
  readonly publications: number;
  /** Publications times subscribers. */
  readonly deliveries: number;
}

interface Stretch extends PublicationOrder {
  readonly value: Payload;
  readonly start: number;
  readonly done: (result: PublicationResult) => void;
  readonly failed: (error: Error) => void;
}

/** Publishes, and publishes again when all subscribers have it: they live in this process, so that needs no answers. */
export class PublicationLoad {
  readonly #host: HostClient;
  readonly #subscribers: readonly ServiceClient[];
  #stretch: Stretch | undefined;
  #published = 0;
  #received = 0;

  constructor(host: HostClient, subscribers: readonly ServiceClient[]) {
    this.#host = host;
    this.#subscribers = subscribers;
  }

  /** Deliveries that have not come yet. */
  get underWay(): number {
    return this.#published * this.#subscribers.length - this.#received;
  }

  async subscribe(): Promise<void> {
    for (const hosting of ['client', 'server'] as const) {
      await Promise.all(
        this.#subscribers.map((client) => client.subscribe(hosting, (value) => this.#receive(hosting, value))),
      );
    }
  }

  run(order: PublicationOrder, value: Payload): Promise<PublicationResult> {
    this.#published = 0;
    this.#received = 0;
    return new Promise((done, failed) => {
      this.#stretch = { ...order, value, start: performance.now(), done, failed };
      this.#publish(this.#stretch);
    });
  }

  #publish({ hosting, value, burst }: Stretch): void {
    this.#published += burst;
    if (hosting === 'client') this.#host.publish(value, burst);
    else this.#host.publishThere(value, burst);
  }

  #receive(hosting: Hosting, value: unknown): void {
    this.#received++;
    const stretch = this.#stretch;
    if (stretch?.hosting !== hosting || this.underWay < 0) throw new Error('There came more than was published');
    // One look per stretch: looking is no part of publishing.
    if (this.#received === 1 && !isSamePayload(value, stretch.value)) {
      return stretch.failed(new Error('There came another value than was published'));
    }
    if (this.underWay > 0) return;
    const elapsedMs = performance.now() - stretch.start;
    if (elapsedMs < stretch.duration) return this.#publish(stretch);
    this.#stretch = undefined;
    stretch.done({ elapsedMs, publications: this.#published, deliveries: this.#received });
  }
}
