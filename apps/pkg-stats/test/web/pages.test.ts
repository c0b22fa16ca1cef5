import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { NOW, packageOf, shelfOf, startShelfWorker } from '../support/shelf-worker.js';
import { closedGate, startSite, TOKEN } from '../support/start-site.js';

/** What is in the page's elements `script` of this type. */
function dataIn(html: string, type: string): unknown[] {
  const found = html.matchAll(/<script[^>]*type="([^"]+)"[^>]*>(.*?)<\/script>/gs);
  return [...found].filter((match) => match[1] === type).map((match) => JSON.parse(match[2] as string));
}

const HOSTILE = `"></script><script>alert('1')</script><b title='x'>&amp;`;

describe('pages without script', () => {
  it('PS-2 a package with its downloads, its README, and what search engines want', async () => {
    const shelf = shelfOf(
      packageOf('@a/b', {
        downloads: 910,
        keywords: ['two words'],
        links: [
          { rel: 'homepage', url: 'javascript:alert(1)' },
          { rel: 'repository', url: 'https://github.com/a/b' },
        ],
      }),
    );
    shelf.downloads.set('@a/b', [1, 2, 3_000]);
    shelf.readmes.set('@a/b', `<p>${'The README. '.repeat(4_000)}</p>`);
    const { read, url } = await startSite({ shelf });
    const html = await read('/package/@a/b');
    expect(html).toContain('<title>@a/b 1.2.3 · Pkg Stats</title>');
    expect(html).toContain('<meta name="description" content="What @a/b does. 910 downloads in the last week."/>');
    expect(html).toContain(`<link rel="canonical" href="${url}/package/@a/b"/>`);
    expect(html).toContain('<meta property="og:title"');
    expect(html).not.toContain('noindex');
    expect(html.match(/<h1/g)).toHaveLength(1);
    expect(html).toContain('<a href="/search?q=two+words">');
    expect(html).toContain('<a href="/user/ann">');
    expect(html).toContain('href="https://github.com/a/b"');
    expect(html).not.toMatch(/href="javascript:/);
    expect(html).toContain('<strong>3,003</strong> in 3 days');
    expect(html.match(/The README/g)).toHaveLength(4_000);
    expect(html).not.toMatch(/ style="/);
    expect(dataIn(html, 'application/ld+json')).toEqual([
      expect.objectContaining({ '@type': 'SoftwareSourceCode', name: '@a/b', version: '1.2.3' }),
    ]);
  });

  it('PS-2 a license that nobody knows is left out for search engines', async () => {
    const { read } = await startSite({ shelf: shelfOf(packageOf('left-pad', { license: null })) });
    const html = await read('/package/left-pad');
    const [data] = dataIn(html, 'application/ld+json');
    expect(data).toMatchObject({ name: 'left-pad' });
    expect(data).not.toHaveProperty('license');
    expect(html).toContain('<dt>License</dt><dd>unknown</dd>');
  });

  it('PS-2 downloads by week, counted from the last day', async () => {
    const shelf = shelfOf(packageOf('left-pad'));
    shelf.downloads.set('left-pad', [1, 2, 3, 10, 20, 30, 40, 50, 60, 70]);
    const { read } = await startSite({ shelf });
    const html = await read('/package/left-pad');
    const rows = [...html.matchAll(/<tr><td>([^<]+)<\/td><td class="number">([^<]+)<\/td><\/tr>/g)];
    expect(rows.map(([, week, downloads]) => [week, downloads])).toEqual([
      ['Nov 14, 2026', '280'],
      ['Nov 11, 2026 (3 days)', '6'],
    ]);
  });

  it('PS-2 downloads that nobody knows are unknown, and never zero', async () => {
    const { read } = await startSite({ shelf: shelfOf(packageOf('left-pad')) });
    const html = await read('/package/left-pad');
    expect(html).toContain('Downloads are not known');
    expect(html).toContain('<dt>Downloads last week</dt><dd>unknown</dd>');
    expect(html).not.toContain('<figure>');
    expect(await read('/user/ann')).toContain('<td class="number">unknown</td>');
  });

  it('PS-3 a user, with packages sorted by downloads', async () => {
    const shelf = shelfOf(
      packageOf('few', { downloads: 1 }),
      packageOf('unknown'),
      packageOf('many', { downloads: 5 }),
    );
    const { read } = await startSite({ shelf });
    const html = await read('/user/ann');
    expect([...html.matchAll(/<th scope="row"><a href="\/package\/([^"]+)"/g)].map(([, name]) => name)).toEqual([
      'many',
      'few',
      'unknown',
    ]);
    expect(html).toContain('6 downloads in the last week, without 1 whose downloads are not known');
    expect(html).not.toContain('<th scope="col"><button');
    const [data] = dataIn(html, 'application/ld+json');
    expect(data).toMatchObject({ '@type': 'ProfilePage', hasPart: { '@type': 'ItemList', numberOfItems: 3 } });
  });

  it('PS-4 the feeds, with the size of the index', async () => {
    const { read } = await startSite({ shelf: shelfOf(packageOf('left-pad')) });
    const html = await read('/');
    expect(html.match(/<a href="\/package\/left-pad">/g)).toHaveLength(3);
    expect(html).toContain('1 package in the index');
    expect(dataIn(html, 'application/ld+json')).toEqual([
      expect.objectContaining({ potentialAction: expect.objectContaining({ '@type': 'SearchAction' }) }),
    ]);
  });

  it('PS-4 the feeds are shown when the worker is gone', async () => {
    const { read, get, worker } = await startSite({ shelf: shelfOf(packageOf('left-pad')) });
    expect(await read('/')).toContain('left-pad');
    worker?.close();
    await expect.poll(async () => (await (await get('/healthz')).json()).workers).toBe(0);
    const page = await get('/');
    expect([page.status, (await page.text()).includes('left-pad')]).toEqual([200, true]);
  });

  it('PS-4 the feeds are there as soon as the first worker is', async () => {
    // A server that looks for workers from time to time would find it as well, later.
    const { setTimeout: start } = globalThis;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((...given: Parameters<typeof start>) =>
      given[1] === 2_000 ? 0 : start(...given)) as typeof start);
    const { read, url } = await startSite();
    expect(await read('/')).toContain('No registry worker');
    const { close } = await startShelfWorker(url, { shelf: shelfOf(packageOf('left-pad')), token: TOKEN });
    onTestFinished(close);
    const html = await read('/');
    expect(html.match(/<a href="\/package\/left-pad">/g)).toHaveLength(3);
  });

  it('PS-1 results of a search, page by page', async () => {
    const shelf = shelfOf(...Array.from({ length: 45 }, (_, index) => packageOf(`item-${index}`)));
    const { read } = await startSite({ shelf });
    const html = await read('/search?q=item&page=2');
    expect(html).toContain('21–40 of 45 packages');
    expect(html).toContain('<a rel="prev" href="/search?q=item">');
    expect(html).toContain('<a rel="next" href="/search?q=item&amp;page=3">');
    expect(html).toContain('value="item"');
    expect(await read('/search?q=nothing')).toContain('Nothing was found');
    expect(await read('/search')).toContain('<h1');
  });

  it('says how old a page is where the registry does not answer', async () => {
    const shelf = shelfOf(packageOf('left-pad', { freshness: { asOf: Date.now() - 5.5 * 60_000, problem: null } }));
    shelf.problem = 'unreachable';
    const { read } = await startSite({ shelf });
    expect(await read('/package/left-pad')).toMatch(
      /The registry does not answer; this is from <time[^>]+>5 minutes ago/,
    );
  });

  it('PS-5 what others have written ends no element', async () => {
    const name = 'hostile';
    const user = 'mallory';
    const version = { version: HOSTILE, publishedAt: NOW, tags: [HOSTILE], deprecated: false };
    const shelf = shelfOf(
      packageOf(name, {
        version: HOSTILE,
        description: HOSTILE,
        keywords: [HOSTILE],
        maintainers: [user],
        license: HOSTILE,
        deprecated: HOSTILE,
        dependencies: [{ name: 'x', range: HOSTILE, kind: 'runtime' }],
        versions: [version],
      }),
    );
    const { read } = await startSite({ shelf });
    for (const path of ['/', `/package/${name}`, `/user/${user}`, `/search?q=${encodeURIComponent(HOSTILE)}`]) {
      const html = await read(path);
      expect(html).toContain('&lt;script>alert(');
      expect(html.match(/<script/g)?.length).toBe(html.match(/<script (?:type|id)=/g)?.length);
      expect(html).not.toContain('<b title');
      expect(html).not.toContain('<script>');
      expect(JSON.stringify(dataIn(html, 'application/json'))).toContain('alert(');
    }
  });

  it('a worker that is late: the frame of the page, which the browser fills', async () => {
    const { gate, open } = closedGate();
    const shelf = shelfOf(packageOf('left-pad'));
    shelf.gate = gate;
    const { get } = await startSite({ shelf });
    const response = await get('/package/left-pad');
    const html = await response.text();
    open();
    expect(response.status).toBe(200);
    expect(html).toContain('<meta name="robots" content="noindex"/>');
    expect(html).toContain('Loading the package');
    expect(dataIn(html, 'application/json')).toMatchObject([{ details: { state: 'loading' } }]);
  });

  it('what is too long for a browser as well is said to be so', async () => {
    const { read } = await startSite({ shelf: shelfOf(packageOf('long', { description: 'x'.repeat(1_100_000) })) });
    for (const path of ['/package/long', '/user/ann', '/search?q=long']) {
      const html = await read(path);
      expect(html).toContain('It is too long to be shown here');
      expect(html).not.toContain('class="loading">Loading the pack');
      expect(html).not.toContain('Loading results');
    }
  });

  it('a README that is late, or too long, is left to the browser', async () => {
    const { gate } = closedGate();
    const shelf = shelfOf(packageOf('late'), packageOf('long'));
    shelf.readmes.set('long', `<p>${'x'.repeat(256 * 1024)}</p>`);
    const { read } = await startSite({ shelf });
    const long = await read('/package/long');
    shelf.gateOfReadmes = gate;
    const late = await read('/package/late');
    for (const html of [long, late]) {
      expect(html).not.toContain('noindex');
      expect(html).toContain('Loading the readme');
      expect(dataIn(html, 'application/json')).toMatchObject([{ readme: { state: 'loading' } }]);
    }
  });
});
