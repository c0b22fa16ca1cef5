import type { P2PServer } from 'socket.io-p2p-plugin/server';
import type { Address } from '../pages/address.js';
import { fillView } from '../pages/fill-view.js';
import {
  emptyView,
  type Failure,
  type HomeView,
  LOADING,
  type Loaded,
  type Parts,
  type View,
  withParts,
} from '../pages/view.js';
import { RegistryClient } from '../registry-client.js';
import { workersOf } from '../workers.js';
import type { LatestFeeds } from './latest-feeds.js';

/** Time for what a page shows at first, in ms; the browser waits for the rest. */
const DEADLINE = 2_500;

/** What is sent with a page at most, in characters: a longer README is loaded by the browser. */
const MAX_README = 256 * 1024;

/** Gathers what a page shows, through the library, as a browser does. */
export async function loadPage(io: P2PServer, feeds: LatestFeeds, address: Address): Promise<View> {
  const signal = AbortSignal.timeout(DEADLINE);
  const client = new RegistryClient(io.with({ timeout: DEADLINE, signal }));
  let view = emptyView(address, Date.now());
  if (view.kind === 'home') return loadHome(view, { io, feeds, signal });
  const show = (parts: Parts) => {
    view = withParts(view, parts);
  };
  await fillView(view, { client, show, maxReadme: MAX_README });
  return withoutLate(view);
}

interface HomeSources {
  readonly io: P2PServer;
  readonly feeds: LatestFeeds;
  readonly signal: AbortSignal;
}

/** Without a worker it is what was there last, if anything was. */
async function loadHome(view: HomeView, { io, feeds, signal }: HomeSources): Promise<HomeView> {
  const [worker] = await workersOf(io);
  // The first worker has come since they were last looked for.
  if (worker !== undefined && !feeds.latest.newest) feeds.follow();
  const found = worker === undefined ? feeds.latest : await feeds.all(signal);
  const isEmpty = Object.keys(found).length === 0;
  return { ...view, feeds: found, failure: isEmpty && worker === undefined ? 'no-worker' : null };
}

/** What has not come in time may still come: to the browser, which also takes longer READMEs, but nothing else. */
function withoutLate(view: View): View {
  const failed = <T>(part: Loaded<T>, failure: Failure) => part.state === 'failed' && part.failure === failure;
  const later = <T>(part: Loaded<T>): Loaded<T> => (failed(part, 'late') ? LOADING : part);
  switch (view.kind) {
    case 'search':
      return { ...view, result: later(view.result) };
    case 'package':
      return {
        ...view,
        details: later(view.details),
        downloads: later(view.downloads),
        readme: failed(view.readme, 'too-long') ? LOADING : later(view.readme),
      };
    case 'user':
      return { ...view, user: later(view.user) };
    default:
      return view;
  }
}
