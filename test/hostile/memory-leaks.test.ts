import { expect, it } from 'vitest';
import { next, type TestClient } from '../support/relay.js';
import { atSize, FULL, growth, megabytes, record } from './support/figures.js';
import { briefClient, briefSocket, kill, since } from './support/load.js';
import { NOTHING_OPEN, type RelayProcess, startRelayProcess } from './support/relay-process.js';

const CLIENTS = atSize(600, 60_000);
const WARM_UP = atSize(200, 5_000);
const AT_ONCE = 50;
const MOST_GROWTH = 2;

/** What a client has open when it goes; it has gone when this is done. */
const LIVES: readonly ((client: TestClient) => Promise<unknown>)[] = [
  (client) => leave(client),
  (client) => killed(client),
  async (client) => {
    client.emitToWithAck('mute', 'ask').catch(() => {});
    await client.isClientConnected('mute');
    await killed(client);
  },
  async (client) => {
    const duplex = await client.addP2pStream('mute');
    duplex.on('error', () => {}).write('x'.repeat(10_000));
    await killed(client);
  },
  async (client) => {
    await client.subscribeTopic('clock', 'ticks', () => {}).ready;
    await client.joinRoom('lobby');
    await killed(client);
  },
  async (client) => {
    await client.addP2pTarget('mute');
    client.from('mute').on('never', () => {});
    await killed(client);
  },
];

async function leave(client: TestClient): Promise<void> {
  await client.isClientConnected('mute');
  const gone = next(client, 'disconnect');
  client.disconnect();
  await gone;
}

async function killed(client: TestClient): Promise<void> {
  if (!client.connected) await next(client, 'connect');
  const gone = next(client, 'disconnect');
  kill(client);
  await gone;
}

async function livePlain(relay: RelayProcess, clientId: string): Promise<void> {
  const socket = briefSocket(relay.url, { clientId });
  await next(socket, 'connect');
  await socket.emitWithAck('JOIN_ROOM', { room: 'lobby' });
  const gone = next(socket, 'disconnect');
  kill(socket);
  await gone;
}

async function liveAndDie(relay: RelayProcess, count: number): Promise<void> {
  let left = count;
  const one = async () => {
    while (left > 0) {
      const number = left--;
      const live = LIVES[number % (LIVES.length + 1)];
      await (live ? live(briefClient(relay.url, `c${number}`)) : livePlain(relay, `c${number}`));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  await expect.poll(() => relay.clients(), { timeout: 10_000 }).toEqual(['mute']);
}

it('threats: leaks: of clients that came and went, however they went, nothing is left', async () => {
  const relay = await startRelayProcess();
  const mute = await relay.connect('mute');
  mute.onMessage(() => {});
  mute.onAddP2pStream((duplex) => void duplex.on('error', () => {}).resume());
  await liveAndDie(relay, WARM_UP);
  const before = await relay.memory();
  const start = performance.now();
  await liveAndDie(relay, CLIENTS);
  const time = since(start);
  // Timers of what is over may be the last to hold something.
  const after = async () => growth(before, await relay.memory(), 'heapUsed');
  const heap = await after();
  record({
    threat: 'leaks',
    size: `${CLIENTS} connect/kill`,
    goal: `no client left, heap ≤ +${MOST_GROWTH} MB`,
    measured: `heap ${megabytes(heap)}, rss ${megabytes(growth(before, await relay.memory(), 'rss'))}, ${time}`,
    ok: heap <= MOST_GROWTH,
  });
  if (FULL) expect(heap).toBeLessThanOrEqual(MOST_GROWTH);
  await expect.poll(() => relay.stats()).toMatchObject({ clients: 1, ...NOTHING_OPEN });
  expect(mute.connected).toBe(true);
  mute.disconnect();
  await expect.poll(() => relay.clients()).toEqual([]);
  await expect.poll(() => relay.stats()).toMatchObject({ clients: 0, ...NOTHING_OPEN });
  await relay.stillServes();
}, 600_000);
