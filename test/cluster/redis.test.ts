import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { next } from '../support/relay.js';
import { describeBrokerFaults } from './broker-faults.js';
import { describeNodeFaults } from './node-faults.js';
import { describeCluster } from './suite.js';
import { hasRedis, startRedis, type TestRedis } from './support/redis.js';
import { startCluster, type TestNode, until } from './support/start-cluster.js';

describe.skipIf(!hasRedis())('over a real Redis', () => {
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.close());

  describeCluster('servers joined by @socket.io/redis-streams-adapter', () => ({
    adapter: 'redis-streams',
    redisUrl: redis.url,
  }));

  describeCluster('servers joined by the sharded adapter of @socket.io/redis-adapter', () => ({
    adapter: 'redis-sharded',
    redisUrl: redis.url,
  }));

  describeCluster('servers joined by a client of ioredis', () => ({ adapter: 'ioredis', redisUrl: redis.url }));

  describeNodeFaults('faults of servers joined by @socket.io/redis-streams-adapter', () => ({
    adapter: 'redis-streams',
    redisUrl: redis.url,
  }));

  it('SC-5 of many that want one id at once, no two ever have it', async () => {
    const cluster = await startCluster({ adapter: 'redis-sharded', redisUrl: redis.url });
    const admitted: string[] = [];
    const sockets = cluster.nodes.flatMap((node) =>
      Array.from({ length: 100 }, () => {
        const socket = node.rawClient('wanted', { reconnection: false });
        socket.on('connect', () => admitted.push(socket.id as string));
        return socket;
      }),
    );
    await Promise.all(sockets.map((socket) => Promise.race([next(socket, 'connect'), next(socket, 'SERVER_ERROR')])));
    expect(admitted).toHaveLength(1);
    await cluster.close();
  });

  it('an id is free again when its client does not get in, and when its server is gone for good', async () => {
    const options = { adapter: 'redis-sharded', redisUrl: redis.url } as const;
    const cluster = await startCluster({ ...options, env: { P2P_REFUSES: 'refused' } });
    const [here, there] = cluster.nodes as [TestNode, TestNode];
    const refused = here.rawClient('refused', { reconnection: false });
    await next(refused, 'connect_error');
    await until(async () => (await here.ask('claims')) === 0);
    for (let count = 0; count < 20; count++) {
      const cut = here.rawClient('cut', { reconnection: false });
      const closed = next(cut.io, 'close');
      cut.io.once('open', () => cut.io.engine.close());
      await closed;
    }
    const client = await there.connect('cut');
    expect(client.errors).toEqual([]);
    await here.connect('lost');
    expect(await there.ask('claims')).toBe(2);
    here.kill();
    await until(async () => (await there.ask('claims')) === 1);
    await cluster.close();
  });

  it('duplicates: takeover holds for all who come at once, wherever they do', async () => {
    const options = { duplicates: 'takeover' };
    const cluster = await startCluster({ adapter: 'redis-sharded', redisUrl: redis.url, options });
    const ends: string[] = [];
    const sockets = cluster.nodes.flatMap((node) =>
      Array.from({ length: 10 }, () => {
        const socket = node.rawClient('wanted', { reconnection: false });
        socket.on('SERVER_ERROR', ({ code }: P2PError) => ends.push(code));
        return socket;
      }),
    );
    await expect.poll(() => ends.length, { timeout: 20_000 }).toBe(29);
    expect(new Set(ends)).toEqual(new Set(['SESSION_REPLACED']));
    await expect.poll(() => sockets.filter(({ connected }) => connected)).toHaveLength(1);
    await cluster.close();
  });

  describeBrokerFaults('faults of the broker under @socket.io/redis-streams-adapter', 'redis-streams');

  describeBrokerFaults('faults of the broker under the sharded adapter', 'redis-sharded');
});
