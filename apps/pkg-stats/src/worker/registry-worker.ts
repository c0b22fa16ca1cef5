import { randomBytes } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import { P2PError } from 'socket.io-p2p-plugin';
import { type P2PClientSocket, p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import { registryService, WORKER_PREFIX } from '../contract.js';
import type { Settings } from '../settings.js';
import { Cache } from './cache.js';
import { CachedSource } from './cached-source.js';
import { ChangeFeed } from './change-feed.js';
import { Downloads, NPM_DOWNLOADS } from './downloads.js';
import { Feeds } from './feeds.js';
import { registryHandlers } from './handlers.js';
import { IndexFiller } from './index-filler.js';
import { npmSettings } from './npm-settings.js';
import { PackageIndex } from './package-index.js';
import { Packages } from './packages.js';
import { PackumentThreads } from './packument-threads.js';
import { ReadmeThreads } from './readme-threads.js';
import { Readmes } from './readmes.js';
import { Search } from './search.js';
import { Source } from './source.js';
import { sourceAddress } from './source-address.js';
import { Users } from './users.js';

/** A worker that is connected, and offers everything of the contract. */
export interface RegistryWorker {
  /** Its client id, and the name of its service. */
  readonly id: string;
  close(): Promise<void>;
}

/** Nobody waits longer than this for a source that has just not answered, in ms. */
const LONGEST_REST = 2_000;

/** The longest timeout there is, in ms. */
const LONGEST_WAIT = 2_147_483_647;

/**
 * Joins the relay as a service, and answers for the registry from then on. Where there is no relay yet, it waits for it.
 * @throws P2PError where the relay does not let it in
 */
export async function startWorker(settings: Settings): Promise<RegistryWorker> {
  const id = `${WORKER_PREFIX}${randomBytes(4).toString('hex')}`;
  const cache = new Cache(settings.cacheFolder);
  const sources = createSources(settings);
  const index = new PackageIndex(cache);
  const threads = { readmes: new ReadmeThreads(), packuments: new PackumentThreads() };
  const socket = p2pClientPlugin(io(settings.relay, { auth: { token: settings.token } }), id, { isService: true });
  const service = registryService(id);

  const registry = new CachedSource(sources.registry, cache, settings.freshFor);
  const packages = new Packages(registry, index, threads.packuments);
  const downloads = new Downloads(sources.downloads, cache, settings);
  const feeds = new Feeds({ index, downloads }, (name, feed) => void socket.publishTopic(service, name, feed));
  const parts = { source: sources.registry, packages, downloads, index };
  const handlers = registryHandlers({
    ...parts,
    search: new Search(registry, index),
    users: new Users(registry, index),
    readmes: new Readmes(sources.registry, cache, threads.readmes),
  });
  // Who subscribes late gets what was published last.
  const kept = { retain: 1 };
  socket.provideService(service, { ...handlers, popular: kept, newest: kept, random: kept });
  feeds.publish();
  let filler: IndexFiller | undefined;
  const close = async () => {
    socket.disconnect();
    const filled = filler?.close();
    for (const source of Object.values(sources)) source?.close();
    await Promise.all([filled, threads.readmes.close(), threads.packuments.close()]);
    await cache.close();
  };
  await untilWelcome(socket).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  // Only now: who is not let in asks the registry nothing.
  filler = new IndexFiller({
    ...parts,
    queries: settings.queries,
    pollEvery: settings.pollEvery,
    changes: sources.changes && new ChangeFeed(sources.changes, cache),
    changed: () => feeds.publish(),
    log: (line) => console.error(`[${id}] ${line}`),
  });
  return { id, close };
}

function createSources({ requestTimeout, requestsPerSecond, freshFor, ...settings }: Settings) {
  const limits = { timeout: requestTimeout, requestsPerSecond, rest: Math.min(freshFor, LONGEST_REST) };
  const optional = (address: string | undefined) =>
    address === undefined ? undefined : new Source({ ...sourceAddress(address), ...limits });
  return {
    registry: new Source({ ...npmSettings(settings), ...limits }),
    downloads: optional(settings.downloads === 'npm' ? NPM_DOWNLOADS : settings.downloads),
    changes: optional(settings.changes),
  };
}

async function untilWelcome(socket: P2PClientSocket<Socket>): Promise<void> {
  try {
    await socket.with({ timeout: LONGEST_WAIT }).isClientConnected(socket.clientId);
  } catch (error) {
    if (!(error instanceof P2PError && error.code === 'AUTH_FAILED')) throw error;
    const message =
      'The relay does not let this worker in: PKG_STATS_TOKEN has to be the token that it was started with';
    throw new P2PError('AUTH_FAILED', message, { cause: error });
  }
}
