import type { P2PServer } from 'socket.io-p2p-plugin/server';
import { isPackageName } from '../contract.js';
import { packagePath } from '../pages/address.js';
import { isoDate } from '../pages/format.js';
import { RegistryClient } from '../registry-client.js';

/** What one sitemap may have. */
const MAX_ADDRESSES = 50_000;

/** In ms. */
const DEADLINE = 20_000;

/** The start page, and the packages of the index. @throws P2PError, as calls do */
export async function sitemap(io: P2PServer, origin: string): Promise<string> {
  const consumer = io.with({ timeout: DEADLINE, signal: AbortSignal.timeout(DEADLINE) });
  const lines = [entry(`${origin}/`, null)];
  for await (const packages of await new RegistryClient(consumer).names()) {
    const known = packages.filter(({ name }) => isPackageName(name));
    for (const { name, publishedAt } of known) lines.push(entry(origin + packagePath(name), publishedAt));
    if (lines.length >= MAX_ADDRESSES) break;
  }
  const entries = lines.slice(0, MAX_ADDRESSES).join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${entries}
</urlset>
`;
}

/** Names of packages, as the contract has them, need no escaping; an origin may. */
function entry(address: string, publishedAt: number | null): string {
  const date = publishedAt === null ? undefined : isoDate(publishedAt);
  const changed = date === undefined ? '' : `<lastmod>${date}</lastmod>`;
  return `<url><loc>${address.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</loc>${changed}</url>`;
}

export const robots = (origin: string): string => `User-agent: *
Disallow: /socket.io/

Sitemap: ${origin}/sitemap.xml
`;
