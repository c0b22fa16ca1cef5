import { createAdapter as createClusterAdapter } from '@socket.io/cluster-adapter';
import { createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import { createClient } from 'redis';

/**
 * The adapters that the tests run with.
 * @param {string} name
 * @param {string} redisUrl
 */
export async function adapterFor(name, redisUrl) {
  if (name === 'cluster') return { adapter: createClusterAdapter(), settings: {}, redis: undefined };
  if (name === 'ioredis') return forIoRedis(redisUrl);
  const client = createClient({ url: redisUrl });
  client.on('error', () => {});
  await client.connect();
  const settings = { cluster: { redis: client, prefix: process.env.P2P_PREFIX } };
  if (name === 'redis-streams') return { adapter: createStreamsAdapter(client), settings, redis: client };
  const subscriber = client.duplicate();
  subscriber.on('error', () => {});
  await subscriber.connect();
  return { adapter: createShardedAdapter(client, subscriber), settings, redis: client };
}

/**
 * The same by another client.
 * @param {string} redisUrl
 */
function forIoRedis(redisUrl) {
  const redis = new Redis(redisUrl);
  redis.on('error', () => {});
  return {
    adapter: createStreamsAdapter(redis),
    settings: { cluster: { redis, prefix: process.env.P2P_PREFIX } },
    redis: undefined,
  };
}
