import type { Memory } from '../memory.js';
import type { RoundTrips } from '../round-trips.js';
import type { Usage } from '../server-meter.js';
import { Worker } from '../worker.js';
import type { AnyContestantName } from './contestants.js';
import type { LoadCommands, LoadOrder, LoadResult, RequestOrder } from './load-process.js';
import type { ServerCommands } from './server-process.js';

/** Which server a figure is of. */
export interface CellKey<Name extends AnyContestantName = AnyContestantName> {
  readonly contestant: Name;
  readonly clients: number;
}

/** What all clients take. Starts count from 1. */
export type CellMemory<Name extends AnyContestantName = AnyContestantName> = CellKey<Name> & {
  readonly start: number;
  readonly empty: Memory;
  readonly connected: Memory;
};

/** What it took to connect all clients: the server's memory before and after, its usage, and the time. */
export type Connecting = { readonly empty: Memory; readonly connected: Memory; readonly elapsedMs: number } & Usage;

export interface CellOptions<Name extends AnyContestantName> extends CellKey<Name> {
  readonly failed: (error: Error) => void;
}

/** One measurement: what the load sent, and what that cost the server. */
export type Measurement = Usage & LoadResult;

/** One contestant with one number of clients: a server and its load, each a process of its own. */
export class Cell<Name extends AnyContestantName> {
  readonly contestant: Name;
  readonly clients: number;
  readonly #server: Worker<ServerCommands>;
  readonly #load: Worker<LoadCommands>;

  constructor({ contestant, clients, failed }: CellOptions<Name>) {
    this.contestant = contestant;
    this.clients = clients;
    const name = `${contestant} with ${clients} clients`;
    const serverScript = new URL('./server-process.js', import.meta.url);
    this.#server = new Worker({ script: serverScript, name: `Server of ${name}`, failed });
    const loadScript = new URL('./load-process.js', import.meta.url);
    this.#load = new Worker({ script: loadScript, name: `Load of ${name}`, failed });
  }

  /** Connects all clients, and looks at nothing: to know what memory is in use, V8 has to collect, and goes on to more often. */
  async open(): Promise<void> {
    const { contestant, clients } = this;
    const { port } = await this.#server.call('listen', contestant);
    await this.#load.call('connect', { contestant, port, clients });
  }

  /** Connects all clients. */
  async connect(): Promise<Connecting> {
    const { contestant, clients } = this;
    const { port } = await this.#server.call('listen', contestant);
    const empty = await this.#server.call('memory');
    const cost = await this.#count(() => this.#load.call('connect', { contestant, port, clients }));
    return { empty, connected: await this.#server.call('memory'), ...cost };
  }

  measure(order: LoadOrder): Promise<Measurement> {
    return this.#count(() => this.#load.call('run', order));
  }

  measureRequests(order: RequestOrder): Promise<RoundTrips & Usage> {
    return this.#count(() => this.#load.call('request', order));
  }

  async close(): Promise<void> {
    await Promise.all([this.#load.close(), this.#server.close()]);
  }

  async #count<Result>(work: () => Promise<Result>): Promise<Result & Usage> {
    await this.#server.call('startCounting');
    const result = await work();
    return { ...result, ...(await this.#server.call('usage')) };
  }
}
