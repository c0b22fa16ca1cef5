import { describe, expect, it } from 'vitest';
import { packageOf, shelfOf } from '../support/shelf-worker.js';
import { startSite } from '../support/start-site.js';

const minutesAgo = (minutes: number) => Date.now() - (minutes + 0.5) * 60_000;

const OLD_COUNTS = /The source of download counts does not answer; they are from <time[^>]*>5 minutes ago<\/time>\./g;

describe('what a page says of its sources', () => {
  it.each(['/', '/package/left-pad', '/user/ann', '/search?q=left'])(
    '%s says once how old its counts are where their source does not answer',
    async (path) => {
      const shelf = shelfOf(packageOf('left-pad', { downloads: 7 }));
      shelf.downloads.set('left-pad', [3, 4]);
      shelf.downloadsFreshness = { asOf: minutesAgo(5), problem: 'unreachable' };
      const { read } = await startSite({ shelf });
      const html = await read(path);
      expect(html.match(OLD_COUNTS)).toHaveLength(1);
      expect(html).not.toContain('The registry');
    },
  );

  it('a package with a count but no history says how old the count is', async () => {
    const shelf = shelfOf(packageOf('left-pad', { downloads: 7 }));
    shelf.downloadsFreshness = { asOf: minutesAgo(5), problem: 'unreachable' };
    const { read } = await startSite({ shelf });
    expect((await read('/package/left-pad')).match(OLD_COUNTS)).toHaveLength(1);
  });

  it.each(['/', '/package/left-pad', '/user/ann', '/search?q=left'])(
    '%s says nothing of counts that are new',
    async (path) => {
      const shelf = shelfOf(packageOf('left-pad', { downloads: 7 }));
      shelf.downloadsFreshness = { asOf: minutesAgo(5), problem: null };
      const { read } = await startSite({ shelf });
      expect(await read(path)).not.toContain('source of download counts');
    },
  );

  it.each([
    ['unreachable', 'Downloads are not known: the source of counts does not answer.'],
    ['slow', 'Downloads are not known: the source of counts takes too long to answer.'],
    ['rate-limited', 'Downloads are not known: the source of counts is asked too much at the moment.'],
    ['failing', 'Downloads are not known: the source of counts fails to answer.'],
    [null, '<p>Downloads are not known.</p>'],
  ] as const)('no counts, problem %s: %s', async (problem, sentence) => {
    const shelf = shelfOf(packageOf('left-pad'));
    shelf.problemOfDownloads = problem;
    const { read } = await startSite({ shelf });
    expect(await read('/package/left-pad')).toContain(sentence);
  });

  it('the front page says when the index was brought up to date', async () => {
    const shelf = shelfOf(packageOf('left-pad'));
    shelf.indexUpdatedAt = minutesAgo(12);
    const { read } = await startSite({ shelf });
    expect(await read('/')).toMatch(/brought up to date <time[^>]*>12 minutes ago/);
  });

  it('an empty index says how packages come into it', async () => {
    const { read } = await startSite({ shelf: shelfOf() });
    const html = await read('/');
    expect(html).toContain('packages appear here as they are looked at');
    for (const form of ['parse json', 'pkg:express', '@sindresorhus']) expect(html).toContain(`<code>${form}</code>`);
    expect(html).not.toContain('0 packages');
  });
});

describe('one malformed value', () => {
  const NO_TIME = 9e15;

  it.each(['/', '/package/left-pad', '/user/ann', '/search?q=left', '/sitemap.xml'])(
    'a time that there is not is unknown on %s',
    async (path) => {
      const version = { version: '1.2.3', publishedAt: NO_TIME, tags: [], deprecated: false };
      const shelf = shelfOf(packageOf('left-pad', { publishedAt: NO_TIME, versions: [version] }));
      shelf.indexUpdatedAt = NO_TIME;
      shelf.downloadsFreshness = { asOf: NO_TIME, problem: 'slow' };
      shelf.problem = 'slow';
      const { get } = await startSite({ shelf });
      const response = await get(path);
      const text = await response.text();
      expect(response.status).toBe(200);
      expect(text).toContain('left-pad');
      if (path !== '/sitemap.xml') expect(text).toContain('unknown');
    },
  );

  it('names that have no page here are text', async () => {
    const shelf = shelfOf(
      packageOf('left-pad', {
        maintainers: ['ann', 'Ann Other <ann@example.com>', '../../etc'],
        dependencies: [
          { name: '../../etc', range: '1', kind: 'runtime' },
          { name: 'right-pad', range: '1', kind: 'runtime' },
        ],
      }),
    );
    const { read } = await startSite({ shelf });
    for (const path of ['/package/left-pad', '/search?q=left']) {
      const html = await read(path);
      expect(html).toContain('href="/user/ann"');
      expect(html).toContain('Ann Other &lt;ann@example.com>');
      expect(html).not.toMatch(/href="\/(user|package)\/(\.\.|Ann)/);
      expect(html).not.toMatch(/"url":"[^"]*\/(\.\.|Ann)/);
    }
    const html = await read('/package/left-pad');
    expect(html).toContain('<span>../../etc</span>');
    expect(html).toContain('href="/package/right-pad"');
  });

  it('control characters are in no page', async () => {
    const shelf = shelfOf(packageOf('left-pad', { description: 'A\0B\x07C\rD\tE', keywords: ['x\0'] }));
    const { read } = await startSite({ shelf });
    for (const path of ['/package/left-pad', '/search?q=left', '/%00x']) {
      const html = await read(path);
      expect(html).not.toMatch(/(?![\t\n])\p{Cc}|\\u0000|\\r/u);
    }
    expect(await read('/package/left-pad')).toContain('>ABCD\tE<');
  });
});
