import type { ClosableRig } from '../with-rigs.js';
import { Worker } from '../worker.js';
import { ForeignServer } from './foreign-server.js';
import type { WireLoadCommands, WireOrder, WireResult } from './load-process.js';
import type { WireServerCommands } from './server-process.js';
import { type AnyWireName, FOREIGN_WIRES } from './wires.js';

export type WireFigures = WireResult & {
  /** Of all threads of the server, user and system time, in µs. */
  readonly cpuMicros: number;
};

export interface WireRigOptions<Name extends AnyWireName> {
  readonly wire: Name;
  readonly pairs: number;
  readonly idle: number;
}

/** A server and its load. */
export class WireRig<Name extends AnyWireName> implements ClosableRig {
  readonly contestant: Name;
  readonly #options: WireRigOptions<Name>;
  readonly #failed: (error: Error) => void;
  readonly #load: Worker<WireLoadCommands>;
  #server: Worker<WireServerCommands> | undefined;
  #foreign: ForeignServer | undefined;

  constructor(options: WireRigOptions<Name>, failed: (error: Error) => void) {
    this.contestant = options.wire;
    this.#options = options;
    this.#failed = failed;
    const script = new URL('./load-process.js', import.meta.url);
    this.#load = new Worker({ script, name: `Load of ${options.wire}`, failed });
  }

  async connect(): Promise<void> {
    const { wire, pairs, idle } = this.#options;
    await this.#load.call('connect', { wire, port: await this.#listen(), pairs, idle });
  }

  async measure(order: WireOrder): Promise<WireFigures> {
    const before = await this.#startCounting();
    const result = await this.#load.call('run', order);
    return { ...result, cpuMicros: (await this.#cpuMicros()) - before };
  }

  async close(): Promise<void> {
    await Promise.all([this.#load.close(), this.#server?.close(), this.#foreign?.close()]);
  }

  async #listen(): Promise<number> {
    const { wire } = this.#options;
    const foreign = FOREIGN_WIRES[wire];
    if (foreign) {
      this.#foreign = await ForeignServer.start(foreign, this.#failed);
      return this.#foreign.port;
    }
    const script = new URL('./server-process.js', import.meta.url);
    this.#server = new Worker({ script, name: `Server of ${wire}`, failed: this.#failed });
    return (await this.#server.call('listen', wire)).port;
  }

  async #startCounting(): Promise<number> {
    if (this.#foreign) return this.#foreign.cpuMicros();
    await this.#server?.call('startCounting');
    return 0;
  }

  async #cpuMicros(): Promise<number> {
    if (this.#foreign) return this.#foreign.cpuMicros();
    return (await this.#server?.call('usage'))?.cpuMicros ?? 0;
  }
}
