import { setTimeout as pauseFor } from 'node:timers/promises';
import { notice } from './notice.js';
import { RedisOutages } from './redis-outages.js';
import { RelayWorker, type WorkerEnd } from './relay-worker.js';
import { RestartPauses } from './restart-pauses.js';
import { REDIS_VARIABLE, type WorkerReport } from './worker-report.js';

/** The workers of `p2p serve`: each that dies is replaced. */
export class WorkerPool {
  readonly #env: NodeJS.ProcessEnv;
  readonly #outages: RedisOutages<RelayWorker>;
  readonly #workers = new Set<RelayWorker>();
  readonly #closing = new AbortController();

  /** @param redisUrl of the Redis that joins them, where it is not this process */
  constructor(redisUrl = '') {
    this.#env = { [REDIS_VARIABLE]: redisUrl };
    this.#outages = new RedisOutages(redisUrl);
  }

  get pids(): number[] {
    return Array.from(this.#workers, ({ pid }) => pid ?? 0);
  }

  /** Whether one of them takes connections. */
  get isReady(): boolean {
    return [...this.#workers].some(({ isReady }) => isReady);
  }

  /**
   * Resolves when all of them are ready.
   *
   * @throws CliError where one cannot start
   */
  async start(count: number): Promise<void> {
    const workers = Array.from({ length: count }, () => this.#fork());
    try {
      await Promise.all(workers.map(({ ready }) => ready));
    } catch (error) {
      await this.close();
      throw error;
    }
    for (const worker of workers) void this.#keep(worker);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const workers = [...this.#workers];
    for (const worker of workers) worker.close();
    await Promise.all(workers.map(({ ended }) => ended));
  }

  #fork(): RelayWorker {
    const worker = new RelayWorker(this.#env, (report) => this.#heard(worker, report));
    this.#workers.add(worker);
    void worker.ended.then(() => {
      this.#workers.delete(worker);
      this.#outages.forget(worker);
    });
    return worker;
  }

  async #keep(first: RelayWorker): Promise<void> {
    const pauses = new RestartPauses();
    const { signal } = this.#closing;
    for (let worker = first; ; worker = this.#fork()) {
      worker.ready.then(() => worker !== first && notice(`worker ${worker.pid} is ready`)).catch(() => {});
      const end = await worker.ended;
      if (signal.aborted) return tellUnlessClosed(worker, end);
      const pause = pauses.after(end.age);
      notice(`worker ${worker.pid} has ended (${end.reason}): a new one starts${when(pause)}`);
      await pauseFor(pause, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
    }
  }

  #heard(worker: RelayWorker, report: WorkerReport): void {
    if (report.type === 'p2p:redis-lost') this.#outages.lost(worker, report.reason);
    if (report.type === 'p2p:redis-back') this.#outages.back(worker);
  }
}

/** One that was not ready was killed. */
function tellUnlessClosed({ pid }: RelayWorker, { reason, age }: WorkerEnd): void {
  if (age > 0 && reason !== 'exit code 0') notice(`worker ${pid} has ended (${reason}) before it was closed`);
}

function when(pause: number): string {
  return pause === 0 ? '' : ` in ${pause / 1_000} s`;
}
