import { describe, expect, it } from 'vitest';
import { startHttp } from '../support/start-http.js';
import { failureOf, startTestWorker, untilFeed } from '../support/start-test-worker.js';

/** A package as npm's search tells it. */
const found = (name: string, maintainers: string[], weekly = 70) => ({
  downloads: { weekly, monthly: weekly * 4 },
  package: {
    name,
    version: '1.2.3',
    description: `It is ${name}`,
    keywords: ['k'],
    date: '2026-11-20T10:00:00.000Z',
    publisher: { username: maintainers[0] },
    maintainers: maintainers.map((username) => ({ username, email: 'a@example.org' })),
  },
});

/** A registry that searches as npm does, a page at a time, and has nothing else. */
function startNpm(all: ReturnType<typeof found>[], status = 200) {
  return startHttp((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    if (url.pathname !== '/-/v1/search' || status !== 200)
      return void response.writeHead(status === 200 ? 404 : status).end();
    const [text, from, size] = ['text', 'from', 'size'].map((name) => url.searchParams.get(name) ?? '');
    const user = /^maintainer:(.*)$/.exec(text ?? '')?.[1];
    const matching = all.filter(({ package: { name, maintainers } }) =>
      user ? maintainers.some(({ username }) => username === user) : name.includes(text ?? ''),
    );
    const objects = matching.slice(Number(from), Number(from) + Number(size));
    response.end(JSON.stringify({ objects, total: matching.length, time: '' }));
  });
}

describe('a registry that searches as npm does', () => {
  it('PS-1 finds packages with their downloads', async () => {
    const npm = await startNpm([found('alpha', ['ann'], 700), found('alphabet', ['bob'])]);
    const { client } = await startTestWorker({ registry: npm.url, queries: [] });
    expect(await client.search({ text: 'alpha', size: 1 })).toMatchObject({
      total: 2,
      origin: 'registry',
      packages: [
        {
          name: 'alpha',
          version: '1.2.3',
          description: 'It is alpha',
          keywords: ['k'],
          maintainers: ['ann'],
          publishedAt: Date.parse('2026-11-20T10:00:00.000Z'),
          downloads: 700,
        },
      ],
    });
  });

  it('PS-3 tells all packages of a user, over several pages', async () => {
    const all = Array.from({ length: 251 }, (_, i) => found(`package-${i}`, ['bob', 'ann']));
    const npm = await startNpm([...all, found('other', ['cid'])]);
    const { client } = await startTestWorker({ registry: npm.url, queries: [] });
    const user = await client.user('ann');
    expect(user.isComplete).toBe(true);
    expect(user.packages).toHaveLength(251);
    expect(await failureOf(client.user('dan'))).toEqual({ error: 'NOT_FOUND', data: { name: 'dan' } });
  });

  it('tells as many packages of a user as fit into a message', async () => {
    const all = Array.from({ length: 900 }, (_, i) => ({ ...found(`package-${i}`, ['ann']) }));
    const people = Array.from({ length: 150 }, (_, i) => ({ username: `${'é'.repeat(50)}${i}`, email: '' }));
    for (const { package: told } of all) {
      told.description = 'é'.repeat(500);
      told.maintainers = [...told.maintainers, ...people];
    }
    const npm = await startNpm(all);
    const { client } = await startTestWorker({ registry: npm.url, queries: [] });
    const user = await client.user('ann');
    expect(user.isComplete).toBe(false);
    expect(Buffer.byteLength(JSON.stringify(user))).toBeLessThan(1_000_000);
    expect(user.packages.length).toBeGreaterThan(100);
  });

  it('tells a thousand packages of a user, and that there are more', async () => {
    const npm = await startNpm(Array.from({ length: 1_100 }, (_, i) => found(`package-${i}`, ['ann'])));
    const { client } = await startTestWorker({ registry: npm.url, queries: [] });
    const user = await client.user('ann');
    expect(user.isComplete).toBe(false);
    expect(user.packages).toHaveLength(1_000);
  });

  it('fills the index by every query, page by page', async () => {
    const all = Array.from({ length: 300 }, (_, i) => found(`one-${i}`, ['ann']));
    const npm = await startNpm([...all, found('two', ['ann']), found('three', ['ann'])]);
    const { client } = await startTestWorker({ registry: npm.url, queries: ['one', 'two'] });
    const { index } = await untilFeed(client, 'popular', (feed) => feed.index.updatedAt !== null);
    expect(index.size).toBe(301);
  });

  it('that leaves out broken results is read all the same', async () => {
    const objects = [
      null,
      {},
      { package: { name: '../x', version: '1' } },
      { package: { name: 'x' } },
      found('alpha', ['ann']),
    ];
    const npm = await startHttp((_, response) => void response.end(JSON.stringify({ objects, total: 'many' })));
    const { client } = await startTestWorker({ registry: npm.url, queries: [] });
    expect((await client.search({ text: 'a' })).packages.map(({ name }) => name)).toEqual(['alpha']);
  });
});

describe('a registry that cannot search', () => {
  it('is no failure: the index answers', async () => {
    const npm = await startHttp((_, response) => void response.writeHead(404).end());
    const { client } = await startTestWorker({ registry: npm.url, queries: [] });
    expect(await client.search({ text: 'a' })).toMatchObject({
      total: 0,
      origin: 'index',
      freshness: { problem: null },
    });
  });

  it.each([
    [429, 'rate-limited'],
    [500, 'failing'],
    [400, 'failing'],
    [405, 'failing'],
  ])('because of %s, says so', async (status, problem) => {
    const npm = await startNpm([], status);
    const { client } = await startTestWorker({ registry: npm.url, queries: [] });
    expect(await failureOf(client.search({ text: 'a' }))).toEqual({ error: 'UNAVAILABLE', data: { problem } });
    expect(await failureOf(client.package('a'))).toEqual({ error: 'UNAVAILABLE', data: { problem } });
    expect(await failureOf(client.user('a'))).toEqual({ error: 'UNAVAILABLE', data: { problem } });
  });
});
