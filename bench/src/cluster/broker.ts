import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createClient } from 'redis';

/** A Redis of its own for the benchmark, which tells what it was asked to do. */
export class Broker {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #client: ReturnType<typeof createClient>;

  private constructor(port: number, server: ChildProcess) {
    this.url = `redis://127.0.0.1:${port}`;
    this.#process = server;
    this.#client = createClient({ url: this.url });
  }

  /** Nothing where no `redis-server` is installed. */
  static async start(): Promise<Broker | undefined> {
    const probe = createServer().listen(0);
    await once(probe, 'listening');
    const { port } = probe.address() as { port: number };
    probe.close();
    const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
    const isReady = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.stdout.on('data', (told) => String(told).includes('Ready to accept connections') && resolve(true));
    });
    if (!isReady) return undefined;
    const broker = new Broker(port, server);
    await broker.#client.connect();
    return broker;
  }

  /** How often it has been told to publish, or to add to a stream. */
  async publishes(): Promise<number> {
    const told = await this.#client.info('commandstats');
    const calls = Array.from(told.matchAll(/cmdstat_(?:publish|spublish|xadd):calls=(\d+)/g), ([, count]) =>
      Number(count),
    );
    return calls.reduce((sum, count) => sum + count, 0);
  }

  async close(): Promise<void> {
    this.#client.destroy();
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }
}
