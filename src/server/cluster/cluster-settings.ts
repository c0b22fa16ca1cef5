import { invalidArgument } from '../../protocol/check-names.js';
import { isName } from '../../protocol/identifiers.js';
import { checkRedis, type RedisClient } from './redis-client.js';

/** How servers of a cluster reach each other. */
export interface ClusterSettings {
  /**
   * A connected client of the package `redis` (4 or newer) or `ioredis`, by which servers talk to each other, each on a
   * channel of its own. Recommended with the adapters for Redis. Default: they talk through the adapter, which gives
   * each message to all servers.
   */
  readonly redis?: RedisClient;
  /** What the names of channels begin with. Default `p2p`. */
  readonly prefix?: string;
}

/** @throws P2PError `INVALID_ARGUMENT` */
export function checkCluster(cluster: unknown): void {
  if (cluster === undefined || typeof cluster === 'boolean') return;
  if (typeof cluster !== 'object' || cluster === null)
    throw invalidArgument('The option cluster is a boolean or an object');
  const { redis, prefix, ...others } = cluster as ClusterSettings;
  const [name] = Object.keys(others);
  if (name !== undefined) throw invalidArgument(`There is no option "cluster.${name}"`);
  if (redis !== undefined) checkRedis(redis);
  if (prefix !== undefined && !isName(prefix)) throw invalidArgument('The option cluster.prefix is a string');
}
