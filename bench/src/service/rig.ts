import type { Usage } from '../server-meter.js';
import { Worker } from '../worker.js';
import type { ContestantName } from './contestants.js';
import type { LoadCommands } from './load-process.js';
import type { ServerCommands } from './server-process.js';

export interface RigShape {
  readonly contestant: ContestantName;
  readonly clients: number;
  /** Whether all clients subscribe to both topics. */
  readonly subscribe: boolean;
}

/** One contestant: a server and its load, each a process of its own. */
export class Rig {
  readonly contestant: ContestantName;
  readonly #shape: RigShape;
  readonly #server: Worker<ServerCommands>;
  readonly #load: Worker<LoadCommands>;

  constructor(shape: RigShape, failed: (error: Error) => void) {
    const { contestant } = shape;
    this.contestant = contestant;
    this.#shape = shape;
    const serverScript = new URL('./server-process.js', import.meta.url);
    this.#server = new Worker({ script: serverScript, name: `Server of ${contestant}`, failed });
    const loadScript = new URL('./load-process.js', import.meta.url);
    this.#load = new Worker({ script: loadScript, name: `Load of ${contestant}`, failed });
  }

  async connect(): Promise<void> {
    const { port } = await this.#server.call('listen', this.contestant);
    await this.#load.call('connect', { ...this.#shape, port });
  }

  /** Has the load do something, and gives what that cost the server too. */
  async measure<Result>(work: (load: Worker<LoadCommands>) => Promise<Result>): Promise<Result & Usage> {
    await this.#server.call('startCounting');
    const result = await work(this.#load);
    return { ...result, ...(await this.#server.call('usage')) };
  }

  async close(): Promise<void> {
    await Promise.all([this.#load.close(), this.#server.close()]);
  }
}
