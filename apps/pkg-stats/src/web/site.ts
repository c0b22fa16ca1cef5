import { serveStatic } from '@hono/node-server/serve-static';
import { type Context, Hono } from 'hono';
import { compress } from 'hono/compress';
import { secureHeaders } from 'hono/secure-headers';
import type { P2PServer } from 'socket.io-p2p-plugin/server';
import { type Address, pathOf, readAddress } from '../pages/address.js';
import { mainPart, type View } from '../pages/view.js';
import { workersOf } from '../workers.js';
import { PUBLIC_FOLDER, readAssets } from './assets.js';
import { type DocumentOptions, renderDocument } from './document.js';
import { Kept } from './kept.js';
import type { LatestFeeds } from './latest-feeds.js';
import { loadPage } from './page-loader.js';
import { robots, sitemap } from './sitemap.js';

export interface SiteOptions {
  readonly io: P2PServer;
  readonly feeds: LatestFeeds;
  /** What canonical addresses begin with; it is known once the server listens. */
  readonly origin: () => string;
}

/** Seconds after which to ask again where no worker answers. */
const RETRY_AFTER = '10';

/** It is costly with many packages. In ms. */
const KEEP_SITEMAP = 10 * 60_000;

const YEAR = 31_536_000;

/** All that is served by HTTP. @throws Error where the pages have not been built */
export function createSite(options: SiteOptions): Hono {
  const assets = readAssets();
  const addresses = new Kept(() => sitemap(options.io, options.origin()), KEEP_SITEMAP);
  const site = new Hono();
  site.use(compress(), headers(options));
  site.use('/assets/*', files(`public, max-age=${YEAR}, immutable`));
  site.use('/icon.svg', files('public, max-age=86400'));
  site.get('/assets/*', (context) => context.text('There is no such file', 404));
  site.get('/healthz', async (context) => {
    const workers = await workersOf(options.io);
    return context.json({ status: 'ok', workers: workers.length });
  });
  site.get('/robots.txt', (context) => context.text(robots(options.origin())));
  site.get('/sitemap.xml', (context) => answerSitemap(context, addresses));
  site.get('*', (context) => answerPage(context, options, { origin: options.origin(), assets }));
  site.onError((error, context) => {
    console.error(error);
    return context.text('Something went wrong here.', 500);
  });
  return site;
}

/** Nothing from elsewhere is run, and nothing of this site is shown elsewhere. Images of READMEs may come from anywhere. */
function headers({ origin }: SiteOptions) {
  const socket = () => origin().replace(/^http/, 'ws');
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'https:', 'data:'],
      connectSrc: ["'self'", socket],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
    referrerPolicy: 'strict-origin-when-cross-origin',
    xFrameOptions: 'DENY',
    // Whether there is TLS, and for which names, knows who ends it.
    strictTransportSecurity: false,
  });
}

const files = (cacheControl: string) =>
  serveStatic({
    root: PUBLIC_FOLDER,
    precompressed: true,
    onFound: (_path, context) => context.header('cache-control', cacheControl),
  });

async function answerSitemap(context: Context, addresses: Kept<string>): Promise<Response> {
  try {
    return context.body(await addresses.get(), 200, {
      'content-type': 'application/xml; charset=utf-8',
      'cache-control': 'max-age=3600',
    });
  } catch {
    return context.text('No registry worker answers.', 503, { 'retry-after': RETRY_AFTER });
  }
}

async function answerPage(
  context: Context,
  { io, feeds }: SiteOptions,
  documentOptions: DocumentOptions,
): Promise<Response> {
  const url = new URL(context.req.url);
  const address = readAddress(url);
  const elsewhere = redirectOf(url, address);
  if (elsewhere) return context.redirect(elsewhere.path, elsewhere.status);
  const view = await loadPage(io, feeds, address);
  const status = statusOf(view);
  if (status === 503) context.header('retry-after', RETRY_AFTER);
  // The page tells how things are now; the address of another page may be kept.
  context.header('cache-control', 'no-cache');
  return context.html(renderDocument(view, documentOptions), status);
}

/** Of a search for `pkg:NAME` or `@USER`, and of another way to write an address. */
function redirectOf({ pathname }: URL, address: Address): { path: string; status: 301 | 302 } | undefined {
  if (address.kind === 'lost' || address.kind === 'search') return undefined;
  const path = pathOf(address);
  return path === pathname ? undefined : { path, status: pathname === '/search' ? 302 : 301 };
}

function statusOf(view: View): 200 | 404 | 503 {
  const part = mainPart(view);
  if (part.state !== 'failed') return 200;
  return part.failure === 'not-found' || part.failure === 'refused' ? 404 : 503;
}
