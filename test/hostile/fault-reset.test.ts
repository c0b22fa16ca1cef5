import { expect, it, onTestFinished } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import { connected, rawSocketTo } from '../support/relay.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { askOthers } from './support/ask-others.js';
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

async function connectBehindProxy(port: number, clientId: string) {
  const proxy = await startTcpProxy(port);
  onTestFinished(() => proxy.close());
  const socket = rawSocketTo(`http://localhost:${proxy.port}`, { randomizationFactor: 0 });
  return { client: await connected(p2pClientPlugin(socket, clientId)), proxy };
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
  const asked = { clients: CLIENTS, history, atOnce: AT_ONCE, isOver: () => over };
  const asking = all.map(({ client }) => askOthers(client, asked));
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
