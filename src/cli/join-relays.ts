import type { ServerOptions } from 'socket.io';
import type { P2PServerOptions } from '../server/server-options.js';
import { connectRedis, type RedisListener } from './connect-redis.js';
import { loadClusterAdapter, loadStreamsAdapter } from './load-peer-dependency.js';

/** What makes a relay one of several. */
export interface Joint {
  readonly adapter: NonNullable<ServerOptions['adapter']>;
  readonly cluster: NonNullable<P2PServerOptions['cluster']>;
  /** Before the relay is closed. */
  leaving(): void;
  /** After it. */
  left(): void;
}

/** Joins a relay in a process of `node:cluster` with those of the other processes. */
export async function joinProcesses(): Promise<Joint> {
  const { createAdapter } = await loadClusterAdapter();
  return { adapter: createAdapter(), cluster: true, leaving: () => {}, left: () => {} };
}

/** Joins a relay with all others that have the same Redis. */
export async function joinByRedis(url: string, listener: RedisListener): Promise<Joint> {
  const { createAdapter } = await loadStreamsAdapter();
  const redis = await connectRedis(url, listener);
  return {
    adapter: createAdapter(redis),
    cluster: { redis },
    // The adapter cuts off what Redis has not answered yet, and does not look at what becomes of it.
    leaving: () => void process.on('unhandledRejection', () => {}),
    // Nobody waits for a Redis that may be away.
    left: () => void redis.quit().catch(() => {}),
  };
}
