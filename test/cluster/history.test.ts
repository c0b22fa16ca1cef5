import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import { askOthers, CERTAIN } from '../hostile/support/ask-others.js';
import { History } from '../hostile/support/history.js';
import { pick, randomNumbers } from '../hostile/support/random.js';
import { connected, rawSocketTo, type TestClient } from '../support/relay.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { hasRedis, startRedis, type TestRedis } from './support/redis.js';
import { startCluster, type TestCluster, until } from './support/start-cluster.js';

/** How many kills there are; of `npm run test:faults` 100, with half as many freezes and a fifth as many outages. */
const kills = Number(process.env.FAULTS ?? 1);
const sizes = { resets: Math.max(10, 2 * kills), kills, freezes: Math.ceil(kills / 2), outages: Math.ceil(kills / 5) };

/** Two at each server, to begin with. */
const CLIENTS = ['ann', 'ben', 'cat', 'dan', 'eve', 'fay'];

/** Requests that each client has under way. */
const AT_ONCE = 4;

/** Of the requests between two faults, so many have been answered. */
const ANSWERED_BETWEEN = 100;

/** What may become of a request, beside its answer. */
const EXPECTED = [...CERTAIN, 'PEER_GONE', 'LINK_DOWN', 'TIMEOUT', 'NODE_UNAVAILABLE', 'CLIENT_ID_IN_USE'];

interface Person {
  readonly client: TestClient;
  readonly proxy: TcpProxy;
  /** The server that it connects to. */
  node: number;
}

describe.skipIf(!hasRedis())('faults: three servers over a real Redis', () => {
  let redis: TestRedis;
  let cluster: TestCluster;

  beforeAll(async () => {
    redis = await startRedis();
    cluster = await startCluster({ adapter: 'redis-sharded', redisUrl: redis.url });
  });
  afterAll(async () => {
    await cluster?.close();
    redis?.close();
  });

  const knowsAll = (node: number, count: number) =>
    until(async () => (await cluster.nodes[node]?.ask('nodes')) === count);

  const person = async (clientId: string, index: number): Promise<Person> => {
    const node = index % 3;
    const proxy = await startTcpProxy(cluster.nodes[node]?.port as number);
    onTestFinished(() => proxy.close());
    const socket = rawSocketTo(`http://localhost:${proxy.port}`, { randomizationFactor: 0 });
    return { client: await connected(p2pClientPlugin(socket, clientId)), proxy, node };
  };

  /** Kills a server: its clients are sent to the next one, and another server takes its place. */
  const kill = async (index: number, people: readonly Person[]) => {
    const after = (index + 1) % 3;
    for (const each of people.filter(({ node }) => node === index)) {
      each.node = after;
      each.proxy.retarget(cluster.nodes[after]?.port as number);
    }
    cluster.nodes[index]?.kill();
    await knowsAll(after, 2);
    await cluster.replace(index);
    await Promise.all([0, 1, 2].map((node) => knowsAll(node, 3)));
  };

  /** A server stops until the others have lost it. */
  const freeze = async (index: number) => {
    cluster.nodes[index]?.freeze();
    await knowsAll((index + 1) % 3, 2);
    cluster.nodes[index]?.thaw();
    await Promise.all([0, 1, 2].map((node) => knowsAll(node, 3)));
  };

  /** Redis stops until the servers have lost each other, or is killed and begins anew, by turns. */
  const outage = async (number: number) => {
    if (number % 2 === 1) return redis.restart();
    redis.freeze();
    await knowsAll(0, 1);
    redis.thaw();
    await Promise.all([0, 1, 2].map((node) => knowsAll(node, 3)));
  };

  it('no acknowledged loss, no duplicate, order per pair, the right receiver, and every request settles', async () => {
    const history = new History();
    const people = await Promise.all(CLIENTS.map(person));
    for (const { client } of people) {
      client.onAny('work', (from, { to, number }, ack) => {
        history.delivered({ from, to, number }, client.clientId);
        ack('done');
      });
    }
    let over = false;
    const asked = { clients: CLIENTS, history, atOnce: AT_ONCE, isOver: () => over, timeout: 15_000 };
    const asking = people.map(({ client }) => askOthers(client, asked));
    const random = randomNumbers(7);
    const faults = [
      ...Array.from({ length: sizes.resets }, () => async () => pick(random, people).proxy.cut()),
      ...Array.from({ length: sizes.kills }, () => () => kill(pick(random, [0, 1, 2]), people)),
      ...Array.from({ length: sizes.freezes }, () => () => freeze(pick(random, [0, 1, 2]))),
      ...Array.from({ length: sizes.outages }, (_, number) => () => outage(number)),
    ];
    while (faults.length > 0) {
      const [fault] = faults.splice(random(faults.length), 1);
      await fault?.();
      const before = history.answered;
      await expect
        .poll(() => history.answered - before, { interval: 1, timeout: 30_000 })
        .toBeGreaterThan(ANSWERED_BETWEEN);
    }
    over = true;
    await Promise.all(asking);
    for (const { client } of people) {
      history.close(client.clientId);
      client.disconnect();
    }
    for (const node of cluster.nodes) await until(async () => ((await node.ask('clients')) as string[]).length === 0);
    console.log(`faults ${JSON.stringify(sizes)}: ${history.summary}`);
    expect(history.problems()).toEqual([]);
    expect(Object.keys(history.codes).filter((code) => !EXPECTED.includes(code))).toEqual([]);
  }, 3_600_000);
});
