import { afterAll, beforeAll, describe } from 'vitest';
import { describeBrokerFaults } from './broker-faults.js';
import { describeNodeFaults } from './node-faults.js';
import { describeCluster } from './suite.js';
import { hasRedis, startRedis, type TestRedis } from './support/redis.js';

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

  describeBrokerFaults('faults of the broker under @socket.io/redis-streams-adapter', 'redis-streams');

  describeBrokerFaults('faults of the broker under the sharded adapter', 'redis-sharded');
});
