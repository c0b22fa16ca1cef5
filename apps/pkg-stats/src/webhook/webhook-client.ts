import { randomBytes } from 'node:crypto';
import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import type { Feed, FeedName, PackageSummary } from '../contract.js';
import { RegistryClient } from '../registry-client.js';
import type { Settings } from '../settings.js';
import { Poster } from './poster.js';

export interface WebhookOptions {
  /** Default `newest`. */
  readonly feed?: FeedName;
  /** Whether what the first feed holds is posted too. By default only what is new in later ones is. */
  readonly includesFirst?: boolean;
  /** The first feed has come: everything that is new from here on is posted. */
  connected?(): void;
}

/** What is posted: `text` is what chats show. */
export interface WebhookPost {
  readonly feed: FeedName;
  readonly text: string;
  readonly package: PackageSummary;
  readonly url: string;
}

/** Packages that are remembered as posted: feeds are much shorter. */
const MAX_SEEN = 1_000;

/**
 * Posts each package that is new in a feed, once for each version.
 * @throws Error where the settings name no webhook
 */
export function startWebhookClient(settings: Settings, options: WebhookOptions = {}): { close(): Promise<void> } {
  const { feed = 'newest', includesFirst = false, connected } = options;
  if (settings.webhook === undefined) throw new Error('PKG_STATS_WEBHOOK has to be the address to post to');
  const poster = new Poster(settings.webhook);
  const site = settings.origin ?? settings.relay;
  const news = newsFilter();
  let isFirst = true;
  const show = (shown: Feed) => {
    const found = news(shown);
    if (!isFirst || includesFirst) for (const summary of found) poster.post(postOf(summary, feed, site));
    if (isFirst) connected?.();
    isFirst = false;
  };
  const id = `webhook-${randomBytes(4).toString('hex')}`;
  const socket = p2pClientPlugin(io(settings.relay), id);
  const leaving = new AbortController();
  const followed = new RegistryClient(socket).follow(feed, show, leaving.signal);
  return {
    close: async () => {
      leaving.abort();
      poster.close();
      await followed;
      socket.disconnect();
    },
  };
}

/** Picks what it has not seen before; the first of a feed is the newest, and is posted last. */
function newsFilter(): (feed: Feed) => PackageSummary[] {
  const seen = new Set<string>();
  return ({ packages }) => {
    const found = packages.filter(({ name, version }) => !seen.has(`${name}@${version}`)).reverse();
    for (const { name, version } of found) seen.add(`${name}@${version}`);
    for (const key of [...seen].slice(0, Math.max(0, seen.size - MAX_SEEN))) seen.delete(key);
    return found;
  };
}

function postOf(summary: PackageSummary, feed: FeedName, site: string): WebhookPost {
  const { name, version, description } = summary;
  const text = `${name} ${version}${description && `: ${description}`}`;
  return { feed, text, package: summary, url: `${site}/package/${name}` };
}
