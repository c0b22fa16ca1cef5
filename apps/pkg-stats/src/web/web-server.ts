import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Server } from 'socket.io';
import { p2pServerPlugin } from 'socket.io-p2p-plugin/server';
import { RegistryClient } from '../registry-client.js';
import type { Settings } from '../settings.js';
import { LatestFeeds } from './latest-feeds.js';
import { relayOptions } from './relay.js';
import { createSite } from './site.js';

export interface WebServer {
  /** Where it listens. */
  readonly url: string;
  close(): Promise<void>;
}

/** How long answers that are under way may take when the server is closed, in ms. */
const GRACE = 1_000;

/**
 * Serves pages, and relays between browsers and registry workers, on one port.
 * @throws Error where the pages have not been built, or the port is in use
 */
export async function startWebServer(settings: Settings): Promise<WebServer> {
  if (settings.token === undefined) console.warn('PKG_STATS_TOKEN is not set: no worker can join');
  const io = p2pServerPlugin(
    new Server({ serveClient: false, maxHttpBufferSize: 1_000_000, connectTimeout: 10_000 }),
    relayOptions(settings.token),
  );
  const feeds = new LatestFeeds(new RegistryClient(io));
  let url = '';
  const site = createSite({ io, feeds, origin: () => settings.origin ?? url });
  const server = createServer(getRequestListener(site.fetch));
  url = `http://localhost:${await listen(server, settings.port)}`;
  // Last: it takes what is its own from the requests, and leaves the rest to the site.
  io.attach(server);
  feeds.follow();
  const close = async () => {
    feeds[Symbol.dispose]();
    const grace = setTimeout(() => server.closeAllConnections(), GRACE);
    await io.close();
    clearTimeout(grace);
  };
  return { url, close };
}

async function listen(server: HttpServer, port: number): Promise<number> {
  server.listen(port);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
