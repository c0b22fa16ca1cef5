import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { next } from '../support/relay.js';
import { describeBrokerFaults } from './broker-faults.js';
import { describeNodeFaults } from './node-faults.js';
import { describeCluster } from './suite.js';
import { hasRedis, startRedis, type TestRedis } from './support/redis.js';
import { startCluster } from './support/start-cluster.js';

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

  describeBrokerFaults('faults of the broker under @socket.io/redis-streams-adapter', 'redis-streams');

  describeBrokerFaults('faults of the broker under the sharded adapter', 'redis-sharded');
});
