import type { Latencies } from '../latencies.js';
import type { RoundTrips } from '../round-trips.js';
import { Worker } from '../worker.js';
import type { Broker } from './broker.js';
import type { ContestantName } from './contestants.js';
import type { LoadCommands, LoadOrder } from './load-process.js';
import type { Kind } from './plan.js';
import { PAIRS } from './plan.js';
import type { ServerCommands } from './server-process.js';

/** What was measured of one kind: for requests, a message is a question with its answer. */
export interface Figures {
  readonly messages: number;
  readonly elapsedMs: number;
  /** Of both servers, in µs. */
  readonly cpuMicros: number;
  /** What the broker was told to publish. */
  readonly publishes: number;
  /** Missing where nothing is asked. */
  readonly latencies?: RoundTrips['latencies'];
}

export interface RigOptions {
  readonly contestant: ContestantName;
  readonly broker: Broker;
  readonly failed: (error: Error) => void;
}

let rigs = 0;

/** Two servers, and the clients of both in one process. */
export class Rig {
  readonly contestant: ContestantName;
  readonly #broker: Broker;
  readonly #servers: readonly [Worker<ServerCommands>, Worker<ServerCommands>];
  readonly #load: Worker<LoadCommands>;

  constructor({ contestant, broker, failed }: RigOptions) {
    this.contestant = contestant;
    this.#broker = broker;
    const serverOf = (side: string) =>
      new Worker<ServerCommands>({
        script: new URL('./server-process.js', import.meta.url),
        name: `Server of ${contestant} (${side})`,
        failed,
      });
    this.#servers = [serverOf('senders'), serverOf('receivers')];
    const script = new URL('./load-process.js', import.meta.url);
    this.#load = new Worker({ script, name: `Load of ${contestant}`, failed });
  }

  async connect(): Promise<void> {
    const { contestant } = this;
    const { url: redisUrl } = this.#broker;
    const ports: number[] = [];
    // What servers of before have left in Redis lasts for some seconds.
    const order = { contestant, redisUrl, group: `${contestant} ${++rigs}` };
    for (const server of this.#servers) ports.push((await server.call('listen', order)).port);
    await this.#load.call('connect', { contestant, ports: ports as [number, number], pairs: PAIRS });
  }

  async measure({ traffic, payload, inFlight }: Kind, duration: number): Promise<Figures> {
    const before = await this.#broker.publishes();
    for (const server of this.#servers) await server.call('startCounting');
    const result = await this.#run(traffic, { payload, inFlight, duration });
    let cpuMicros = 0;
    for (const server of this.#servers) cpuMicros += (await server.call('usage')).cpuMicros;
    return { ...result, cpuMicros, publishes: (await this.#broker.publishes()) - before };
  }

  /** How long it takes to find a client of the other server, which may be stopped meanwhile. */
  async look(duration: number, isFrozen: boolean): Promise<Latencies> {
    const [, other] = this.#servers;
    if (isFrozen) other.freeze();
    try {
      return await this.#load.call('look', { duration });
    } finally {
      if (isFrozen) other.thaw();
    }
  }

  async #run(
    traffic: Kind['traffic'],
    order: LoadOrder,
  ): Promise<Pick<Figures, 'messages' | 'elapsedMs' | 'latencies'>> {
    if (traffic === 'messages') return this.#load.call('send', order);
    const { elapsedMs, latencies } = await this.#load.call('request', order);
    return { messages: latencies.count, elapsedMs, latencies };
  }

  async close(): Promise<void> {
    await Promise.all([this.#load, ...this.#servers].map((worker) => worker.close()));
  }
}
