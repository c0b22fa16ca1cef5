import { describe, expect, it, onTestFinished } from 'vitest';
import { Cache } from '../../src/worker/cache.js';
import { Downloads } from '../../src/worker/downloads.js';
import { Source } from '../../src/worker/source.js';
import { type DownloadSource, startDownloadSource } from '../support/download-source.js';
import { startHttp } from '../support/start-http.js';
import { testFolder } from '../support/start-test-worker.js';

async function startSource(): Promise<DownloadSource> {
  const source = await startDownloadSource();
  onTestFinished(() => source.close());
  return source;
}

async function downloadsOf(url: string | undefined, { freshFor = 0, folder = '' } = {}): Promise<Downloads> {
  const cache = new Cache(folder || (await testFolder()));
  const options = { timeout: 5_000, requestsPerSecond: 1_000, rest: 0 };
  const source = url === undefined ? undefined : new Source({ base: url, ...options });
  onTestFinished(async () => {
    source?.close();
    await cache.close();
  });
  return new Downloads(source, cache, { freshFor });
}

const dayBefore = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);

describe('downloads', () => {
  it('are null where nobody counts them', async () => {
    const downloads = await downloadsOf(undefined);
    expect(await downloads.weekly(['a', '@b/c'])).toEqual(
      new Map([
        ['a', null],
        ['@b/c', null],
      ]),
    );
    expect(await downloads.history('a', 30)).toEqual({ days: null, freshness: null, problem: null });
  });

  it('are null where the source does not know the package, and zero only where it says so', async () => {
    const source = await startSource();
    source.set('counted', 700);
    source.set('unloved', 0);
    source.set('@b/c', 7);
    const downloads = await downloadsOf(source.url);
    const counts = await downloads.weekly(['counted', 'unloved', 'unknown', '@b/c', '@b/unknown', '__proto__']);
    expect([...counts.values()]).toEqual([700, 0, null, 7, null, null]);
    expect(await downloads.history('unknown', 30)).toEqual({
      days: null,
      freshness: null,
      problem: null,
    });
  });

  it('are asked for 128 at a time, those with a scope one by one', async () => {
    const source = await startSource();
    const names = Array.from({ length: 129 }, (_, i) => `package-${i}`);
    for (const name of names) source.set(name, 70);
    const downloads = await downloadsOf(source.url);
    const counts = await downloads.weekly([...names, '@b/c', '@b/d']);
    expect(names.every((name) => counts.get(name) === 70)).toBe(true);
    expect(source.asked.map((path) => path.split(',').length).sort((a, b) => a - b)).toEqual([1, 1, 1, 128]);
  });

  it('are shown as they were when the source fails, with the reason', async () => {
    const source = await startSource();
    source.set('counted', [1, 2, 3]);
    const downloads = await downloadsOf(source.url);
    await downloads.weekly(['counted', 'unknown']);
    const before = await downloads.history('counted', 7);
    source.fail(true);
    expect([...(await downloads.weekly(['counted', 'unknown', 'new'])).values()]).toEqual([6, null, null]);
    expect(await downloads.history('counted', 7)).toEqual({
      days: before.days,
      freshness: { asOf: before.freshness?.asOf, problem: 'failing' },
      problem: null,
    });
    expect(await downloads.history('new', 7)).toEqual({ days: null, freshness: null, problem: 'failing' });
    expect(downloads.freshnessOf(['new', 'counted'])).toEqual({ asOf: expect.any(Number), problem: 'failing' });
    expect(downloads.freshnessOf(['new', 'unknown'])).toBeNull();
  });

  it.each([400, 404])('are kept where many are answered with %s', async (status) => {
    let isBroken = false;
    const point = (downloads: number) => ({ downloads, start: '', end: '', package: '' });
    const server = await startHttp((_, response) => {
      response.writeHead(isBroken ? status : 200).end(JSON.stringify({ a: point(7), b: point(8) }));
    });
    const downloads = await downloadsOf(server.url);
    await downloads.weekly(['a', 'b']);
    isBroken = true;
    expect([...(await downloads.weekly(['a', 'b'])).values()]).toEqual([7, 8]);
  });

  it('are asked for again only when they are old', async () => {
    const source = await startSource();
    source.set('counted', 7);
    const downloads = await downloadsOf(source.url, { freshFor: 60_000 });
    for (let i = 0; i < 3; i++) {
      await downloads.weekly(['counted']);
      await downloads.history('counted', 7 + i);
    }
    expect(source.asked).toHaveLength(2);
  });

  it('are told day by day up to yesterday, the oldest first', async () => {
    const source = await startSource();
    source.set('counted', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const { days } = await (await downloadsOf(source.url)).history('counted', 8);
    expect(days?.map(({ downloads }) => downloads)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    expect(days?.at(-1)?.day).toBe(yesterday);
  });

  it.each([
    ['of what is before a gap nobody can say', ['01:5', '02:6', '04:7', '05:8'], ['04:7', '05:8']],
    ['a day that is not counted yet is left out', ['01:5', '02:6', '03:0'], ['01:5', '02:6']],
    ['a package that nobody loads has zeros', ['01:0', '02:0'], ['01:0', '02:0']],
    ['what is no count is a gap', ['01:5', '02:-1', '03:7'], ['03:7']],
    ['they may come in any order', ['02:6', '01:5'], ['01:5', '02:6']],
    ['no days are no zeros', [], undefined],
    ['what has still to come is left out', ['08:5', '10:7'], ['08:5']],
  ])('%s', async (_, told, expected) => {
    const daysOf = (texts: string[]) =>
      texts.map((text) => ({ day: dayBefore(9 - Number(text.slice(0, 2))), downloads: Number(text.slice(3)) }));
    const body = { start: '2026-11-01', end: '2026-11-05', package: 'a', downloads: daysOf(told) };
    const server = await startHttp((_request, response) => void response.end(JSON.stringify(body)));
    const { days } = await (await downloadsOf(server.url)).history('a', 30);
    expect(days).toEqual(expected ? daysOf(expected) : null);
  });

  it('are left out where there is no such day', async () => {
    const downloads = ['2026-02-31', '2026-13-01', '9999-99-99', dayBefore(1)].map((day) => ({ day, downloads: 5 }));
    const body = { start: '', end: '', package: 'a', downloads };
    const server = await startHttp((_request, response) => void response.end(JSON.stringify(body)));
    const { days } = await (await downloadsOf(server.url)).history('a', 365);
    expect(days).toEqual([{ day: dayBefore(1), downloads: 5 }]);
  });

  it.each(['[]', '{"downloads":"many"}', 'null', 'no JSON', '{"downloads":-1,"start":"","end":"","package":"a"}'])(
    'are null where the source says %s',
    async (body) => {
      const server = await startHttp((_, response) => void response.end(body));
      const downloads = await downloadsOf(server.url);
      expect([...(await downloads.weekly(['a', 'b'])).values()]).toEqual([null, null]);
      expect(await downloads.history('a', 30)).toEqual({ days: null, freshness: null, problem: 'failing' });
    },
  );
});
