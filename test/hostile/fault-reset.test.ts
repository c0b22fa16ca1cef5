import { setImmediate } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { connected, next, rawSocketTo, type TestClient } from '../support/relay.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { atSize, record } from './support/figures.js';
import { History } from './support/history.js';
import { since } from './support/load.js';
import { pick, randomNumbers } from './support/random.js';
import { startRelayProcess } from './support/relay-process.js';

const RESETS = atSize(20, 500);
const CLIENTS = ['ann', 'ben', 'cat', 'dan'];
/** Requests that each client has under way. */
const AT_ONCE = 8;
/** Of the requests between two resets, so many have been answered. */
const ANSWERED_BETWEEN = 100;

/** Said by whoever can be sure that the message has not arrived; after all others it may have. */
const CERTAIN = ['CLIENT_NOT_FOUND', 'QUEUE_FULL'];

async function connectBehindProxy(port: number, clientId: string) {
  const proxy = await startTcpProxy(port);
  onTestFinished(() => proxy.close());
  const socket = rawSocketTo(`http://localhost:${proxy.port}`, { randomizationFactor: 0 });
  return { client: await connected(p2pClientPlugin(socket, clientId)), proxy };
}

/** Asks the others, in turn, until it is over. */
async function ask(client: TestClient, history: History, isOver: () => boolean): Promise<void> {
  const others = CLIENTS.filter((id) => id !== client.clientId);
  let turn = 0;
  const one = async () => {
    while (!isOver()) {
      const to = others[turn++ % others.length]!;
      const operation = history.invoke(client.clientId, to);
      try {
        await client.emitToWithAck(to, 'work', { to, number: operation.number });
        history.ok(operation);
      } catch (error) {
        const { code } = error as P2PError;
        if (CERTAIN.includes(code)) history.fail(operation, code);
        else history.unknown(operation, code);
        if (!client.connected && !isOver()) await next(client, 'connect');
        await setImmediate();
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

async function resetThem(proxies: readonly TcpProxy[], history: History): Promise<number> {
  const random = randomNumbers(1);
  let resets = 0;
  while (resets < RESETS) {
    const before = history.answered;
    await expect
      .poll(() => history.answered - before, { interval: 1, timeout: 20_000 })
      .toBeGreaterThan(ANSWERED_BETWEEN);
    const proxy = pick(random, proxies);
    resets += Math.sign(proxy.connections);
    proxy.cut();
  }
  return resets;
}

it('faults: TCP resets: no acknowledged loss, no duplicate, order per pair, and every request settles', async () => {
  const relay = await startRelayProcess();
  const history = new History();
  const all = await Promise.all(CLIENTS.map((id) => connectBehindProxy(relay.port, id)));
  for (const { client } of all) {
    client.onAny('work', (from, { to, number }, ack) => {
      history.delivered({ from, to, number }, client.clientId);
      ack('done');
    });
  }
  const start = performance.now();
  let over = false;
  const asking = all.map(({ client }) => ask(client, history, () => over));
  const resets = await resetThem(
    all.map(({ proxy }) => proxy),
    history,
  );
  over = true;
  await Promise.all(asking);
  for (const { client } of all) {
    history.close(client.clientId);
    client.disconnect();
  }
  await expect.poll(() => relay.clients()).toEqual([]);
  const problems = history.problems();
  record({
    threat: 'TCP reset',
    size: `${resets} resets`,
    goal: 'no loss, no duplicate, order kept',
    measured: `${history.summary}, ${problems.length} problems, ${since(start)}`,
    ok: problems.length === 0,
  });
  expect(problems).toEqual([]);
  expect(
    Object.keys(history.codes).every((code) =>
      ['CLIENT_NOT_FOUND', 'PEER_GONE', 'LINK_DOWN', 'TIMEOUT', 'QUEUE_FULL'].includes(code),
    ),
  ).toBe(true);
  await relay.stillServes();
}, 120_000);
