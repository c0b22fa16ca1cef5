import type { Memory } from '../memory.js';
import type { Usage } from '../server-meter.js';
import { Worker } from '../worker.js';
import type { ContestantName } from './contestants.js';
import type { LoadCommands, LoadOrder, LoadResult } from './load-process.js';
import type { ServerCommands } from './server-process.js';

export interface CellOptions {
  readonly contestant: ContestantName;
  readonly clients: number;
  readonly failed: (error: Error) => void;
}

/** One measurement: what the load sent, and what that cost the server. */
export type Measurement = Usage & LoadResult;

/** One contestant with one number of clients: a server and its load, each a process of its own. */
export class Cell {
  readonly contestant: ContestantName;
  readonly clients: number;
  readonly #server: Worker<ServerCommands>;
  readonly #load: Worker<LoadCommands>;

  constructor({ contestant, clients, failed }: CellOptions) {
    this.contestant = contestant;
    this.clients = clients;
    const name = `${contestant} with ${clients} clients`;
    const serverScript = new URL('./server-process.js', import.meta.url);
    this.#server = new Worker({ script: serverScript, name: `Server of ${name}`, failed });
    const loadScript = new URL('./load-process.js', import.meta.url);
    this.#load = new Worker({ script: loadScript, name: `Load of ${name}`, failed });
  }

  /** Connects all clients. Gives the server's memory before and after. */
  async connect(): Promise<{ readonly empty: Memory; readonly connected: Memory }> {
    const { contestant, clients } = this;
    const { port } = await this.#server.call('listen', contestant);
    const empty = await this.#server.call('memory');
    await this.#load.call('connect', { contestant, port, clients });
    return { empty, connected: await this.#server.call('memory') };
  }

  async measure(order: LoadOrder): Promise<Measurement> {
    await this.#server.call('startCounting');
    const sent = await this.#load.call('run', order);
    return { ...sent, ...(await this.#server.call('usage')) };
  }

  async close(): Promise<void> {
    await Promise.all([this.#load.close(), this.#server.close()]);
  }
}
