import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Feed } from '../../src/contract.js';
import { startDownloadSource } from '../support/download-source.js';
import { startHttp } from '../support/start-http.js';
import { startTestWorker, testFolder, untilFeed } from '../support/start-test-worker.js';
import { startVerdaccio } from '../support/verdaccio.js';

async function startRegistry() {
  const registry = await startVerdaccio();
  onTestFinished(() => registry.close());
  return registry;
}

const namesOf = ({ packages }: Feed) => packages.map(({ name }) => name);

describe('PS-4 feeds', () => {
  it('tell what is published, and what is loaded, as it changes', async () => {
    const registry = await startRegistry();
    const downloads = await startDownloadSource();
    onTestFinished(() => downloads.close());
    await registry.publish({ name: 'first' });
    downloads.set('first', 70);
    const { client } = await startTestWorker({ registry: registry.url, downloads: downloads.url });
    const newest = await untilFeed(client, 'newest', ({ packages }) => packages.length === 1);
    expect(newest.index).toEqual({ size: 1, updatedAt: expect.any(Number) });
    const second = untilFeed(client, 'newest', (feed) => namesOf(feed)[0] === 'second');
    downloads.set('second', 700);
    await registry.publish({ name: 'second' });
    expect(namesOf(await second)).toEqual(['second', 'first']);
    const popular = await untilFeed(client, 'popular', ({ packages }) => packages.length === 2);
    expect(popular.packages.map(({ name, downloads: count }) => [name, count])).toEqual([
      ['second', 700],
      ['first', 70],
    ]);
    downloads.set('first', 7_000);
    expect(namesOf(await untilFeed(client, 'popular', (feed) => namesOf(feed)[0] === 'first'))).toHaveLength(2);
  });

  it('have ten packages at most, and the random ones change', async () => {
    const registry = await startRegistry();
    for (let i = 0; i < 12; i++) await registry.publish({ name: `package-${i}` });
    const { client } = await startTestWorker({ registry: registry.url });
    const first = await untilFeed(client, 'random', ({ packages }) => packages.length === 10);
    expect(new Set(namesOf(first)).size).toBe(10);
    const before = namesOf(first).join();
    const other = await untilFeed(client, 'random', (feed) => namesOf(feed).join() !== before);
    expect(other.packages).toHaveLength(10);
  });

  it('are there for who comes late, and while the registry is down', async () => {
    const registry = await startRegistry();
    registry.down();
    const { client } = await startTestWorker({ registry: registry.url, pollEvery: 3_600_000 });
    expect(await untilFeed(client, 'newest', () => true)).toEqual({
      packages: [],
      index: { size: 0, updatedAt: null },
      downloadsFreshness: null,
    });
  });

  it('say that nothing is newer while the registry does not answer', async () => {
    const registry = await startRegistry();
    await registry.publish({ name: 'first' });
    const { client } = await startTestWorker({ registry: registry.url });
    const { index } = await untilFeed(client, 'random', ({ packages }) => packages.length === 1);
    registry.down();
    const later = await untilFeed(client, 'newest', () => true);
    expect(later.index.updatedAt).toBeLessThanOrEqual(Date.now());
    expect(later.index.updatedAt).toBeGreaterThanOrEqual(index.updatedAt ?? Number.POSITIVE_INFINITY);
  });
});

/** A registry's change feed, and a registry that has the packages in it. */
async function startChanges(numbered = true) {
  const changes: { id: string; deleted?: boolean }[] = [];
  const server = await startHttp((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    const since = Number(url.searchParams.get('since'));
    const limit = Number(url.searchParams.get('limit'));
    const results = changes.map((change, i) => ({ ...change, seq: i + 1 })).slice(since, since + limit);
    if (url.pathname === '/db/_changes')
      response.end(JSON.stringify({ results, last_seq: results.at(-1)?.seq ?? since }));
    else if (url.pathname === '/db/' && numbered) response.end(JSON.stringify({ update_seq: changes.length }));
    else response.writeHead(404).end();
  });
  return { changes, url: `${server.url}/db/_changes`, requests: server.requests };
}

describe('PS-4 a change feed', () => {
  it('brings what has changed, and takes out what is deleted', async () => {
    const registry = await startRegistry();
    const feed = await startChanges();
    await registry.publish({ name: 'first' });
    await registry.publish({ name: '@scope/second' });
    feed.changes.push({ id: 'first' }, { id: '_design/app' }, { id: '@scope/second' }, { id: '__proto__' });
    const { client } = await startTestWorker({ registry: registry.url, changes: feed.url, queries: [] });
    await untilFeed(client, 'newest', ({ packages }) => packages.length === 2);
    await registry.publish({ name: 'first', version: '1.1.0' });
    feed.changes.push({ id: 'first' });
    await untilFeed(client, 'newest', ({ packages }) => packages[0]?.version === '1.1.0');
    await registry.unpublish('first');
    feed.changes.push({ id: 'first', deleted: true });
    expect(namesOf(await untilFeed(client, 'newest', ({ packages }) => packages.length === 1))).toEqual([
      '@scope/second',
    ]);
  });

  it('is taken up where it was left off, by the next worker too', async () => {
    const registry = await startRegistry();
    const feed = await startChanges(false);
    for (let i = 0; i < 105; i++) feed.changes.push({ id: `nobody-has-${i}` });
    await registry.publish({ name: 'last' });
    feed.changes.push({ id: 'last' });
    const settings = { registry: registry.url, changes: feed.url, queries: [], cacheFolder: await testFolder() };
    const first = await startTestWorker(settings);
    await untilFeed(first.client, 'newest', ({ packages, index }) => packages.length === 1 && index.updatedAt !== null);
    await first.worker.close();
    const asked = feed.requests.length;
    const second = await startTestWorker({ ...settings, pollEvery: 3_600_000 });
    while (feed.requests.length === asked) await turn();
    expect(feed.requests[asked]?.url).toBe('/db/_changes?since=106&limit=100');
    await second.worker.close();
  });

  it('begins near its end where that is known', async () => {
    const registry = await startRegistry();
    const feed = await startChanges();
    for (let i = 0; i < 1_234; i++) feed.changes.push({ id: '_design/x' });
    const { worker } = await startTestWorker({ registry: registry.url, changes: feed.url, queries: [] });
    while (feed.requests.length < 2) await turn();
    expect(feed.requests[1]?.url).toBe('/db/_changes?since=234&limit=100');
    await worker.close();
  });

  it('tells a failure once, and goes on when it works again', async () => {
    const registry = await startRegistry();
    await registry.publish({ name: 'first' });
    let isBroken = true;
    const feed = await startHttp((_, response) => {
      response.end(isBroken ? 'broken' : JSON.stringify({ results: [{ id: 'first' }], last_seq: 1 }));
    });
    const { client } = await startTestWorker({ registry: registry.url, changes: `${feed.url}/_changes`, queries: [] });
    while (feed.requests.length < 4) await turn();
    isBroken = false;
    expect(namesOf(await untilFeed(client, 'newest', ({ packages }) => packages.length === 1))).toEqual(['first']);
  });
});
