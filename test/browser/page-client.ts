import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Page } from 'playwright-core';
import type { P2PClientSocket } from '../../src/client/index.js';
import type { TestRelay } from '../support/relay.js';
import type { OpenPage } from './chromium.js';

declare global {
  interface Window {
    p2p: {
      readonly client: P2PClientSocket;
      pattern(length: number, seed: number): Uint8Array<ArrayBuffer>;
      collect(readable: ReadableStream<unknown>): Promise<Uint8Array<ArrayBuffer>>;
      sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string>;
    };
  }
}

export interface PageClientOptions {
  readonly clientId: string;
  readonly transport?: 'polling' | 'websocket';
  /** Whether to use Socket.IO's minified build, which loses bytes before 4.8.1. */
  readonly minified?: boolean;
}

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };
const page = new URL('page/', import.meta.url);
const dist = new URL('../../dist/', import.meta.url);
const socketIo = new URL('dist/', import.meta.resolve('socket.io-client/package.json'));

/** A page that is a client of the relay, which serves it too, with the library as it is built. */
export async function openPageClient(
  openPage: OpenPage,
  relay: TestRelay,
  { clientId, transport = 'websocket', minified = false }: PageClientOptions,
): Promise<Page> {
  const served = filesOfPage(minified);
  relay.server.httpServer.on('request', ({ url }, response) => {
    const path = new URL(url ?? '', relay.url).pathname;
    const body = served.get(path);
    // What is not here is for Socket.IO; what has an answer is for another page of this relay.
    if (body && !response.headersSent) response.writeHead(200, { 'content-type': TYPES[extname(path)] }).end(body);
  });
  const opened = await openPage();
  await opened.goto(`${relay.url}/index.html?${new URLSearchParams({ clientId, transport })}`);
  await opened.evaluate(() => window.p2p.client.isClientConnected(window.p2p.client.clientId));
  return opened;
}

function filesOfPage(minified: boolean): Map<string, string | Buffer> {
  const modules = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  return new Map<string, string | Buffer>([
    ...['index.html', 'client.js', 'pattern.js'].map(
      (file) => [`/${file}`, readFileSync(new URL(file, page))] as const,
    ),
    ...modules.map((file) => [`/dist/${file.replaceAll('\\', '/')}`, readFileSync(new URL(file, dist))] as const),
    ['/socket.io-client.js', minified ? readFileSync(new URL('socket.io.esm.min.js', socketIo)) : scriptAsModule()],
  ]);
}

/** Socket.IO has no build of modules in one file but the minified one. */
function scriptAsModule(): string {
  return `${readFileSync(new URL('socket.io.js', socketIo))}\nexport const { io } = globalThis;`;
}
