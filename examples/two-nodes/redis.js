import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createClient } from 'redis';

const MISSING = `This example needs Redis, and finds no redis-server. Either install it:
  apt-get install redis-server    (Debian, Ubuntu)
  brew install redis              (macOS)
or say where one is, for example after: docker run --rm -p 6379:6379 redis
  REDIS_URL=redis://localhost:6379 npm run example two-nodes`;

/** @returns the address of the Redis that is there, or else of one of our own */
export async function openRedis(url = process.env.REDIS_URL) {
  if (!url) return startRedis();
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on('error', () => {});
  await client.connect().catch(() => fail(`No Redis answers at ${url}`));
  client.destroy();
  return url;
}

/** Starts a Redis that keeps nothing, and ends with this process. */
async function startRedis() {
  const port = await freePort();
  const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => server.kill());
  server.once('error', (error) => fail(Object(error).code === 'ENOENT' ? MISSING : error.message));
  let told = '';
  const unexpected = () => fail(`redis-server has ended:\n${told}`);
  server.once('exit', unexpected);
  for await (const chunk of server.stdout.iterator({ destroyOnReturn: false })) {
    told += chunk;
    if (told.includes('Ready to accept connections')) break;
  }
  server.off('exit', unexpected);
  server.stdout.resume();
  return `redis://127.0.0.1:${port}`;
}

async function freePort() {
  const probe = createServer().listen(0);
  await once(probe, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
  probe.close();
  return port;
}

function fail(/** @type {string} */ message) {
  console.error(message);
  process.exit(1);
}
