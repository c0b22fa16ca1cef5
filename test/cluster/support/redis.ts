import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createClient } from 'redis';

/** A real Redis, for one file of tests. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** It stops in its tracks, and goes on. */
  freeze(): void;
  thaw(): void;
  /** It is killed, and begins anew, empty. */
  restart(): Promise<void>;
  close(): void;
}

/** Whether there is one to be started. In CI there has to be; elsewhere it is said aloud that there is none. */
export function hasRedis(): boolean {
  const isThere = spawnSync('redis-server', ['--version']).status === 0;
  if (!isThere && process.env.CI) throw new Error('redis-server is missing, and CI is not to pass without it');
  if (!isThere) console.warn('\n*** SKIPPED: tests over Redis, as there is no redis-server on the PATH ***\n');
  return isThere;
}

export async function startRedis(): Promise<TestRedis> {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let server = await launch(port);
  return {
    url,
    port,
    freeze: () => server.kill('SIGSTOP'),
    thaw: () => server.kill('SIGCONT'),
    restart: async () => {
      server.kill('SIGKILL');
      await once(server, 'exit');
      server = await launch(port);
    },
    close: () => server.kill('SIGKILL'),
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0);
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}

async function launch(port: number): Promise<ChildProcess> {
  const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  await new Promise<void>((resolve, reject) => {
    server.once('exit', () => reject(new Error(`redis-server has ended: ${told}`)));
    server.stdout.on('data', (chunk) => {
      told += chunk;
      if (told.includes('Ready to accept connections')) resolve();
    });
  });
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  await client.connect();
  await client.ping();
  client.destroy();
  return server;
}
