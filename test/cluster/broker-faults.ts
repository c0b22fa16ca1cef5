import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { next, settled, type TestClient } from '../support/relay.js';
import type { TestRedis } from './support/redis.js';
import { startRedis } from './support/redis.js';
import { type AdapterName, startCluster, type TestCluster, type TestNode, until } from './support/start-cluster.js';

/** What holds while the broker between servers does not do its work. */
export function describeBrokerFaults(name: string, adapter: AdapterName): void {
  describe(name, () => {
    let redis: TestRedis;
    let cluster: TestCluster;
    let here: TestNode;
    let there: TestNode;

    beforeAll(async () => {
      redis = await startRedis();
      cluster = await startCluster({ adapter, redisUrl: redis.url, nodes: 2 });
      [here, there] = cluster.nodes as [TestNode, TestNode];
    });
    afterAll(async () => {
      await cluster?.close();
      redis?.close();
    });

    const together = async (...clients: TestClient[]) => {
      const ids = clients.map(({ clientId }) => clientId);
      for (const client of clients) for (const id of ids) await until(() => client.isClientConnected(id));
    };

    /** Alice counts while something happens: each number arrives once and in order, or she is told that it may not have. */
    const countDuring = async (prefix: string, disturb: () => Promise<void>) => {
      const [alice, local] = await Promise.all([here.connect(`${prefix}-a`), here.connect(`${prefix}-l`)] as const);
      const bob = await there.connect(`${prefix}-b`);
      await together(alice, local, bob);
      const heard: number[] = [];
      bob.onAny('count', (_from, at: number) => heard.push(at));
      bob.onAny('still there', (_from, answer: (value: boolean) => void) => answer(true));
      const near: number[] = [];
      local.onAny('count', (_from, at: number) => near.push(at));
      const { clientId: far } = bob;
      for (let at = 0; at < 100; at++) alice.emitTo(far, 'count', at);
      const done = disturb();
      for (let at = 100; at < 200; at++) {
        alice.emitTo(far, 'count', at);
        alice.emitTo(local.clientId, 'count', at);
        await settled(alice);
      }
      // Those of the same server have not waited for anything.
      await settled(local);
      expect(near).toHaveLength(100);
      await done;
      await together(alice, bob);
      for (let at = 200; at < 300; at++) alice.emitTo(far, 'count', at);
      await expect.poll(() => heard.length + alice.errors.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(300);
      expect(alice.errors.filter(({ code }) => code !== 'PEER_GONE')).toEqual([]);
      expect(heard).toEqual([...new Set(heard)].sort((one, other) => one - other));
      await together(alice, bob);
      const lost = alice.errors.length;
      expect(await alice.emitToWithAck(far, 'still there')).toBe(true);
      return lost;
    };

    /** Waits until a server has lost, or found again, the other. */
    const counts = (node: TestNode, nodes: number) => until(async () => (await node.ask('nodes')) === nodes);

    it('nothing is lost while it stops for a moment', async () => {
      const lost = await countDuring('moment', async () => {
        redis.freeze();
        await here.ask('nodes');
        redis.thaw();
      });
      expect(lost).toBe(0);
    });

    it('who comes while it does not answer is told so, and gets in when it does', async () => {
      redis.freeze();
      const client = here.rawClient('newcomer');
      const [error] = await next<[P2PError]>(client, 'SERVER_ERROR');
      expect(error.code).toBe('NODE_UNAVAILABLE');
      redis.thaw();
      expect(await client.with({ timeout: 20_000 }).isClientConnected('newcomer')).toBe(true);
      client.disconnect();
      await Promise.all([counts(here, 2), counts(there, 2)]);
      const again = await there.connect('newcomer');
      expect(again.errors).toEqual([]);
    });

    it('it may be away until the servers have lost each other, and come back', async () => {
      await countDuring('away', async () => {
        redis.freeze();
        await Promise.all([counts(here, 1), counts(there, 1)]);
        redis.thaw();
        await Promise.all([counts(here, 2), counts(there, 2)]);
      });
    });

    it('it may be started anew', async () => {
      await countDuring('anew', async () => {
        await redis.restart();
        await Promise.all([counts(here, 2), counts(there, 2)]);
      });
    });
  });
}
