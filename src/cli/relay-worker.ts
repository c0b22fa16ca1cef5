import cluster, { type Worker } from 'node:cluster';
import { CliError, explainSystemError } from './cli-error.js';
import { CLOSE, type WorkerReport } from './worker-report.js';

/** How a worker has come to its end. */
export interface WorkerEnd {
  readonly reason: string;
  /** How long it was ready, in ms. */
  readonly age: number;
}

/** One process of `p2p serve --workers`, from its start to its end. */
export class RelayWorker {
  /** Rejects with a CliError where it ends before. */
  readonly ready: Promise<void>;
  readonly ended: Promise<WorkerEnd>;
  readonly #worker: Worker & { clientsCount?: number };
  readonly #heard: (report: WorkerReport) => void;
  #readyAt: number | undefined;
  #failure: string | undefined;
  #becomeReady: () => void = () => {};

  /** Starts it, with something more in its environment. */
  constructor(env: NodeJS.ProcessEnv, heard: (report: WorkerReport) => void) {
    this.#worker = cluster.fork(env);
    this.#heard = heard;
    // By this @socket.io/sticky chooses; what it gives to a process that has not started yet would be lost.
    this.#worker.clientsCount = Number.POSITIVE_INFINITY;
    this.#worker.on('message', (message: WorkerReport) => this.#take(message));
    // Packages send to it when it has ended, too.
    this.#worker.on('error', () => {});
    this.ended = this.#end();
    this.ready = new Promise((resolve, reject) => {
      this.#becomeReady = resolve;
      void this.ended.then(({ reason }) => reject(new CliError(this.#failure ?? `a worker has ended (${reason})`)));
    });
    this.ready.catch(() => {});
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  get isReady(): boolean {
    return this.#readyAt !== undefined && this.#worker.isConnected();
  }

  /** `ended` says when it is done. */
  close(): void {
    // @socket.io/sticky gives it nothing more then: a connection that arrives while it ends would stay open for ever.
    if (cluster.workers) delete cluster.workers[this.#worker.id];
    if (this.isReady) this.#worker.send(CLOSE);
    else this.#worker.process.kill('SIGKILL');
  }

  #take(message: WorkerReport): void {
    if (message.type === 'p2p:ready') {
      this.#readyAt = performance.now();
      this.#worker.clientsCount = 0;
      this.#becomeReady();
    } else if (message.type === 'p2p:failed') {
      this.#failure = message.reason;
    }
    this.#heard(message);
  }

  async #end(): Promise<WorkerEnd> {
    const { process: child } = this.#worker;
    const end = await new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
      // A process that could not be made has no exit.
      child.on('error', (error) => child.pid === undefined && resolve(explainSystemError(error)));
    });
    const now = performance.now();
    return { reason: this.#failure ?? end, age: now - (this.#readyAt ?? now) };
  }
}
