import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket as NetSocket, type Server } from 'node:net';
import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RestartPauses } from '../src/cli/restart-pauses.js';
import { type P2PClientSocket, p2pClientPlugin } from '../src/client/p2p-client-plugin.js';
import { hasRedis, startRedis, type TestRedis } from './cluster/support/redis.js';
import { until } from './cluster/support/start-cluster.js';
import { cli, p2p, type Run, runWith } from './support/p2p-process.js';
import { type ClientOptions, connected, next, rawSocketTo, startRelay } from './support/relay.js';
import { startTcpProxy } from './support/tcp-proxy.js';

const POLLING = { transports: ['polling'] };
const UPGRADED = { transports: ['polling', 'websocket'] };

interface Served extends Run {
  readonly url: string;
  readonly workers: readonly number[];
}

async function serve(...args: string[]): Promise<Served> {
  return served(p2p('serve', '--port', '0', ...args));
}

async function served(run: Run): Promise<Served> {
  const told = await run.says('Ctrl+C');
  const [url = ''] = /http:\S+/.exec(told) ?? [];
  const [, pids = ''] = /^Workers: (.+)$/m.exec(told) ?? [];
  return { ...run, url, workers: pids.split(', ').map(Number) };
}

/** Answers everybody who says hello; a connection that a server forgets about is not given up. */
function client(url: string, clientId: string, options: ClientOptions = {}): Promise<P2PClientSocket<Socket>> {
  const socket = p2pClientPlugin(
    rawSocketTo(url, { timeout: 3_600_000, reconnectionDelayMax: 10, ...options }),
    clientId,
  );
  socket.onAny('hello', (from: string, answer: (text: string) => void) => answer(`${clientId} greets ${from}`));
  return connected(socket);
}

/** Every client has an answer from every other. */
async function expectAllToTalk(clients: readonly P2PClientSocket<Socket>[]): Promise<void> {
  for (const { clientId: target } of clients) {
    for (const socket of clients) {
      await until(() => socket.isClientConnected(target).catch(() => false));
      expect(await socket.emitToWithAck(target, 'hello')).toBe(`${target} greets ${socket.clientId}`);
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const gone = (pids: readonly number[]) => until(async () => !pids.some(isRunning));

/** A failure is one line that says what is wrong, and a non-zero exit. */
async function failureOf(run: Run): Promise<string> {
  const { code, stdout, stderr } = await run.ended;
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^p2p: [^\n]+\n$/);
  return stderr.slice('p2p: '.length, -1);
}

const failure = (...args: string[]) => failureOf(p2p('serve', ...args));

/** `p2p` where a package is not installed. */
function p2pWithout(missing: string, ...args: string[]): Run {
  const hooks = `export const resolve = (name, context, nextResolve) => {
    if (name !== ${JSON.stringify(missing)}) return nextResolve(name, context);
    throw Object.assign(new Error('missing'), { code: 'ERR_MODULE_NOT_FOUND' });
  };`;
  const asUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
  const register = `import { register } from 'node:module'; register(${JSON.stringify(asUrl(hooks))});`;
  return runWith({}, process.execPath, '--import', asUrl(register), cli, 'serve', '--port', '0', ...args);
}

/** Resolves when the text has come. */
function textFrom(socket: NetSocket, expected: string): Promise<void> {
  let text = '';
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.includes(expected)) resolve();
    });
    socket.on('error', reject).on('close', () => reject(new Error(`closed after ${text}`)));
  });
}

async function listening(server: Server): Promise<number> {
  await once(server.listen(0), 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('p2p serve --workers', () => {
  it('clients find each other on whichever process they are, by websocket or polling, also when one is killed', async () => {
    const { url, workers, process: primary, says, ended } = await serve('--workers', '2');
    const clients = [
      await client(url, 'alice'),
      await client(url, 'bob'),
      await client(url, 'carol', POLLING),
      await client(url, 'dave', POLLING),
      await client(url, 'erin', UPGRADED),
      await client(url, 'frank', UPGRADED),
    ];
    await expectAllToTalk(clients);
    const idsBefore = clients.map(({ id }) => id);
    const lost = Promise.race(clients.map((socket) => next(socket, 'disconnect')));
    process.kill(workers[0]!, 'SIGKILL');
    await says(`p2p: worker ${workers[0]} has ended (SIGKILL): a new one starts\n`);
    await lost;
    clients.push(await client(url, 'grace'), await client(url, 'heidi', POLLING));
    await says('is ready');
    await expectAllToTalk(clients);
    const stayed = idsBefore.filter((id, at) => clients[at]?.id === id);
    expect(stayed.length).toBeGreaterThan(0);
    expect(stayed.length).toBeLessThan(idsBefore.length);
    primary.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });

  it('loses nothing of what comes while a connection is passed on', async () => {
    const { url } = await serve('--workers', '2');
    const { port } = new URL(url);
    const answered = Array.from({ length: 50 }, async () => {
      const socket = connect({ port: Number(port), host: 'localhost', noDelay: true });
      onTestFinished(() => void socket.destroy());
      await once(socket, 'connect');
      const answer = textFrom(socket, ' 404 ');
      socket.write('GET / HTTP/1.1\r\n');
      for (const byte of 'Host: localhost\r\n\r\n') {
        await new Promise(setImmediate);
        socket.write(byte);
      }
      await answer;
    });
    await Promise.all(answered);
  });

  it('the only process is replaced as often as it dies, after a pause where that is soon', async () => {
    const { url, workers, says } = await serve('--workers', '1');
    const alice = await client(url, 'alice');
    const connectedAgain = next(alice, 'connect');
    process.kill(workers[0]!, 'SIGKILL');
    const [, replacement] = /worker (\d+) is ready/.exec(await says('is ready')) ?? [];
    await connectedAgain;
    process.kill(Number(replacement), 'SIGKILL');
    await says(`p2p: worker ${replacement} has ended (SIGKILL): a new one starts in 1 s\n`);
    await next(alice, 'connect');
    await expectAllToTalk([alice, await client(url, 'bob', POLLING)]);
  });

  it('says once that it listens, and ends well on the signals that service managers and terminals send', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const { url, workers, process: primary, ended } = await serve('--workers', '3');
      const clients = [await client(url, 'alice'), await client(url, 'bob', POLLING)];
      const lost = Promise.all(clients.map((socket) => next(socket, 'disconnect')));
      for (const pid of workers) process.kill(pid, signal);
      await expectAllToTalk(clients);
      primary.kill(signal);
      const { code, stdout, stderr } = await ended;
      await lost;
      expect([code, stderr, workers.filter(isRunning)]).toEqual([0, '', []]);
      expect(stdout.match(/relay listening on/g)).toHaveLength(1);
      expect(stdout).toMatch(/Ctrl\+C\.\nclosing\n$/);
      for (const socket of clients) socket.disconnect();
    }
  });

  it('hands over no connection any more once it ends', async () => {
    const { url, process: primary, says, ended } = await serve('--workers', '2');
    const { port } = new URL(url);
    const early = Array.from({ length: 400 }, () => connect({ port: Number(port), host: 'localhost' }));
    await Promise.all(
      early.map((socket) =>
        once(
          socket.on('error', () => {}),
          'connect',
        ),
      ),
    );
    // By then, those before have been accepted.
    await fetch(url);
    primary.kill('SIGTERM');
    await says('closing');
    const closed = Promise.all(early.map((socket) => new Promise((resolve) => socket.once('close', resolve).resume())));
    for (const socket of early) {
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await new Promise(setImmediate);
    }
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
    await closed;
  });

  it('ends while one of its processes is still starting', async () => {
    const { workers, process: primary, says, ended } = await serve('--workers', '2');
    process.kill(workers[0]!, 'SIGKILL');
    await says('a new one starts');
    primary.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/closing\n$/) });
    await gone(workers);
  });

  it('leaves no processes behind when it is killed', async () => {
    const { workers, process: primary } = await serve('--workers', '2');
    primary.kill('SIGKILL');
    await gone(workers);
  });

  it('answers other requests as one process does, with bodies in many pieces too', async () => {
    const { url } = await serve('--workers', '2');
    expect((await fetch(url)).status).toBe(404);
    const pieces = new ReadableStream({
      start(controller) {
        for (let n = 0; n < 100; n++) controller.enqueue(new Uint8Array(1_000));
        controller.close();
      },
    });
    expect((await fetch(url, { method: 'POST', body: pieces, duplex: 'half' } as RequestInit)).status).toBe(404);
    const large = 'x'.repeat(500_000);
    const bob = await client(url, 'bob', POLLING);
    const alice = await client(url, 'alice', POLLING);
    bob.onAny('large', (_from: string, text: string, answer: (text: string) => void) => answer(text));
    await until(() => alice.isClientConnected('bob'));
    expect(await alice.emitToWithAck('bob', 'large', large)).toBe(large);
  });

  it('what goes wrong is one clear line', async () => {
    const { port } = await startRelay();
    expect(await failure('--workers', '2', '--port', String(port))).toBe(
      `port ${port} is in use: choose another with --port`,
    );
    expect(await failure('--workers', '2', '--port', '0', '--host', '192.0.2.1')).toMatch(
      /^cannot listen on 192.0.2.1:0: /,
    );
    for (const wrong of ['0', '65', '1.5', 'many'])
      expect(await failure('--workers', wrong)).toMatch(/whole number from 1 to 64/);
  });

  it('says what to install', async () => {
    for (const name of ['@socket.io/sticky', '@socket.io/cluster-adapter', 'socket.io'])
      expect(await failureOf(p2pWithout(name, '--workers', '1'))).toBe(
        `this command needs ${name}: npm install ${name}`,
      );
  });

  it('a process that died by chance is replaced at once, those that die in a row after longer and longer pauses', () => {
    const pauses = new RestartPauses();
    const pausesAfter = (...ages: number[]) => ages.map((age) => pauses.after(age));
    expect(pausesAfter(0, 0, 0, 59_999, 0, 0, 0, 0)).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(pausesAfter(60_000, 0, 0, 60_000, 60_000)).toEqual([0, 1_000, 2_000, 0, 0]);
  });
});

describe('p2p serve --redis', () => {
  const reason = (port: number, ...args: string[]) =>
    failure('--port', '0', '--redis', `redis://me:secret@127.0.0.1:${port}`, ...args);

  it('says why it cannot start, and shows no password', async () => {
    const refusing = await listening(createServer((socket) => socket.destroy()));
    expect(await reason(1)).toMatch(/^cannot reach Redis at redis:\/\/me@127\.0\.0\.1:1: .*refused/i);
    expect(await reason(1, '--workers', '2')).toMatch(/^cannot reach Redis at redis:\/\/me@127\.0\.0\.1:1: .*refused/i);
    expect(await reason(refusing)).toMatch(/^cannot reach Redis at redis:\/\/me@127\.0\.0\.1:\d+: ./);
    expect(await failure('--redis', 'redis://me:secret@localhost/first')).toMatch(/redis:\/\/me@localhost\/first: ./);
  });

  it('does not wait for ever for a Redis that does not answer', async () => {
    const silent = await listening(createServer());
    expect(await reason(silent)).toMatch(/^cannot reach Redis at redis:\/\/me@127\.0\.0\.1:\d+: it does not answer$/);
  });

  it('takes nothing but addresses of a Redis, and does not repeat others', async () => {
    for (const wrong of ['', 'secret', 'http://me:secret@localhost', 'redis:///secret'])
      expect(await failure('--redis', wrong)).toBe(
        'what --redis or P2P_REDIS gives is no address of a Redis: it looks like redis://localhost:6379',
      );
  });

  it('says what to install', async () => {
    for (const name of ['redis', '@socket.io/redis-streams-adapter'])
      for (const workers of [[], ['--workers', '1']])
        expect(await failureOf(p2pWithout(name, '--redis', 'redis://127.0.0.1:1', ...workers))).toBe(
          `this command needs ${name}: npm install ${name}`,
        );
  });
});

describe.skipIf(!hasRedis())('p2p serve --redis, over a real Redis', () => {
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.close());

  it('relays of several machines, of one process or many, are one', async () => {
    const one = await serve('--redis', redis.url);
    const many = await served(p2pWithout('@socket.io/cluster-adapter', '--redis', redis.url, '--workers', '2'));
    await expectAllToTalk([
      await client(one.url, 'alice'),
      await client(one.url, 'bob', POLLING),
      await client(many.url, 'carol'),
      await client(many.url, 'dave', POLLING),
      await client(many.url, 'erin', UPGRADED),
      await client(many.url, 'frank'),
    ]);
    for (const { process: primary, ended } of [one, many]) {
      primary.kill('SIGTERM');
      expect(await ended).toMatchObject({ code: 0, stderr: '' });
    }
  });

  it('an outage of Redis is told once, and its end', async () => {
    const proxy = await startTcpProxy(redis.port);
    onTestFinished(() => proxy.close());
    let tries = 0;
    let enough = () => {};
    const refusing = await listening(
      createServer((socket) => (++tries < 40 ? socket : socket.once('close', enough)).destroy()),
    );
    const url = `redis://127.0.0.1:${proxy.port}`;
    const relays = [await serve('--redis', url), await serve('--redis', url, '--workers', '2')];
    const clients = await Promise.all(relays.map(({ url }, at) => client(url, `client-${at}`)));
    await expectAllToTalk(clients);
    const manyTries = new Promise<void>((resolve) => {
      enough = resolve;
    });
    proxy.retarget(refusing);
    proxy.cut();
    await manyTries;
    proxy.retarget(redis.port);
    for (const { says } of relays) await says('is back');
    await expectAllToTalk(clients);
    for (const { process: primary, ended } of relays) {
      primary.kill('SIGTERM');
      const { code, stderr } = await ended;
      expect(code).toBe(0);
      const told = new RegExp(`^p2p: Redis at ${url} is lost: .+\np2p: Redis at ${url} is back\n$`);
      expect(stderr).toMatch(told);
    }
  });

  it('ends also when Redis does not answer', async () => {
    const frozen = await startRedis();
    onTestFinished(() => frozen.close());
    const relays = [await serve('--redis', frozen.url), await serve('--redis', frozen.url, '--workers', '2')];
    const [one, many] = relays as [Served, Served];
    await expectAllToTalk([
      await client(one.url, 'alice'),
      await client(many.url, 'bob'),
      await client(many.url, 'carol'),
    ]);
    frozen.freeze();
    for (const { process: primary, ended } of relays) {
      primary.kill('SIGTERM');
      expect(await ended).toMatchObject({ code: 0, stderr: '' });
    }
  });
});
