import { exitSoon } from './exit-soon.js';
import { howToTalkTo } from './how-to-talk-to.js';
import { type Joint, joinByRedis } from './join-relays.js';
import { type ListenAddress, listenAt } from './listen-at.js';
import { RedisOutages } from './redis-outages.js';
import { serveByWorkers } from './serve-by-workers.js';
import { startRelay } from './start-relay.js';
import { untilSignal } from './until-signal.js';

export interface ServeOptions extends ListenAddress {
  /** How many processes, where it is not this one. */
  readonly workers?: number;
  /** Address of a Redis that joins this relay with others. A secret. */
  readonly redis?: string;
}

/** `p2p serve`: a ready relay, until SIGINT or SIGTERM. */
export async function serve({ workers, ...options }: ServeOptions): Promise<void> {
  if (workers === undefined) await serveAlone(options);
  else await serveByWorkers({ workers, ...options });
}

async function serveAlone({ redis, ...address }: ListenAddress & { readonly redis?: string }): Promise<void> {
  const relay = await startRelay(redis === undefined ? undefined : await join(redis));
  console.log(howToTalkTo(await listenAt(relay.httpServer, address)));
  await untilSignal();
  console.log('closing');
  await relay.close();
  // The adapter ends one of its connections only when Redis has answered.
  if (redis !== undefined) exitSoon();
}

function join(redisUrl: string): Promise<Joint> {
  const outages = new RedisOutages<'relay'>(redisUrl);
  return joinByRedis(redisUrl, {
    lost: (reason) => outages.lost('relay', reason),
    back: () => outages.back('relay'),
  });
}
