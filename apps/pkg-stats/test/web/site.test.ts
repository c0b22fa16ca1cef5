import { describe, expect, it } from 'vitest';
import { packageOf, shelfOf } from '../support/shelf-worker.js';
import { startSite } from '../support/start-site.js';

describe('what is served', () => {
  it('strict headers are on every page', async () => {
    const { get, url } = await startSite({ shelf: shelfOf(packageOf('left-pad')) });
    for (const path of ['/', '/package/left-pad', '/nowhere', '/robots.txt']) {
      const response = await get(path);
      await response.text();
      const { headers } = response;
      const policy = headers.get('content-security-policy')?.split('; ');
      expect(policy).toEqual([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' https: data:",
        `connect-src 'self' ${url.replace('http', 'ws')}`,
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
      ]);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('strict-origin-when-cross-origin');
    }
  });

  it.each([
    ['/search?q=pkg:left-pad', 302, '/package/left-pad'],
    ['/search?q=pkg%3A%40a%2Fb', 302, '/package/@a/b'],
    ['/search?q=%40ann', 302, '/user/ann'],
    ['/package/%40a%2Fb', 301, '/package/@a/b'],
    ['/package/left-pad/', 301, '/package/left-pad'],
  ])('%s leads with %i to %s', async (path, status, location) => {
    const { get } = await startSite();
    const response = await get(path);
    expect([response.status, response.headers.get('location')]).toEqual([status, location]);
  });

  it.each([
    '/nowhere',
    '/package',
    '/package/a%20b',
    '/package/..%2f..%2fetc',
    '/package/%E0%A4%A',
    '/user/%3Cb%3E',
    '/assets/x.js',
    '/assets/%2e%2e/x',
  ])('%s is not found, and no failure', async (path) => {
    const { get } = await startSite();
    const response = await get(path);
    expect(await response.text()).not.toBe('');
    expect(response.status).toBe(404);
  });

  it.each(['/%2F%2F[', '//elsewhere.example/x', '/%5C%5Celsewhere.example'])(
    'the address of %s, which is not found, is one of this site',
    async (path) => {
      const { get, url } = await startSite();
      const response = await get(path);
      const canonical = /<link rel="canonical" href="([^"]+)"/.exec(await response.text())?.[1] as string;
      expect(response.status).toBe(404);
      expect(new URL(canonical).origin).toBe(url);
      expect(new URL(canonical).pathname).toBe(path);
    },
  );

  it('pages are asked for anew, each time', async () => {
    const { get } = await startSite({ shelf: shelfOf(packageOf('left-pad')) });
    for (const path of ['/', '/package/left-pad', '/user/ann', '/search?q=x', '/nowhere']) {
      const response = await get(path);
      await response.text();
      expect(response.headers.get('cache-control')).toBe('no-cache');
    }
  });

  it('no page names a package that the registry need not have', async () => {
    const { read } = await startSite({ shelf: shelfOf(packageOf('left-pad')) });
    const html = await read('/user/ann');
    expect(html).toContain('Data comes over socket.io-p2p-plugin;');
    expect(html).not.toContain('href="/package/socket.io-p2p-plugin"');
  });

  it('what the registry does not know is not found', async () => {
    const { get } = await startSite({ shelf: shelfOf() });
    for (const [path, heading] of [
      ['/package/nothing', 'There is no package nothing'],
      ['/user/nobody', 'There is no user nobody'],
    ] as const) {
      const response = await get(path);
      const html = await response.text();
      expect(response.status).toBe(404);
      expect(html).toContain(`${heading}</h1>`);
      expect(html).toContain('<meta name="robots" content="noindex"/>');
    }
  });

  it.each(['/', '/search?q=x', '/package/left-pad', '/user/ann', '/sitemap.xml'])(
    '%s says that there is no worker',
    async (path) => {
      const { get } = await startSite();
      const response = await get(path);
      expect(response.status).toBe(503);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await response.text()).toMatch(/no registry worker/i);
    },
  );

  it('says why the registry does not answer', async () => {
    const shelf = shelfOf();
    shelf.unavailable = 'rate-limited';
    const { get } = await startSite({ shelf });
    const response = await get('/package/left-pad');
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('The registry is asked too much at the moment');
  });

  it('pages and files are compressed, and files are kept for ever', async () => {
    const { get, url } = await startSite({ shelf: shelfOf(packageOf('left-pad')) });
    const page = await get('/package/left-pad');
    expect(page.headers.get('content-encoding')).toBe('gzip');
    const html = await page.text();
    const paths = [...html.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path);
    expect(paths.length).toBeGreaterThanOrEqual(2);
    for (const path of paths) {
      const file = await fetch(url + path, { headers: { 'accept-encoding': 'br' } });
      expect(file.status).toBe(200);
      expect(file.headers.get('content-encoding')).toBe('br');
      expect(file.headers.get('cache-control')).toMatch(/immutable/);
      expect((await file.text()).length).toBeGreaterThan(100);
    }
  });

  it('the sitemap lists the packages, and robots.txt tells of it', async () => {
    const shelf = shelfOf(packageOf('left-pad'), packageOf('@a/b', { publishedAt: null }));
    const { read } = await startSite({ shelf, settings: { origin: 'https://stats.example' } });
    expect(await read('/robots.txt')).toContain('\nSitemap: https://stats.example/sitemap.xml\n');
    const lines = (await read('/sitemap.xml')).split('\n').filter((line) => line.startsWith('<url>'));
    expect(lines).toEqual([
      '<url><loc>https://stats.example/</loc></url>',
      '<url><loc>https://stats.example/package/left-pad</loc><lastmod>2026-11-20T12:00:00.000Z</lastmod></url>',
      '<url><loc>https://stats.example/package/@a/b</loc></url>',
    ]);
  });

  it('the sitemap is made once for all who ask, and kept', async () => {
    const shelf = shelfOf(packageOf('left-pad'));
    const { read } = await startSite({ shelf });
    const all = await Promise.all(Array.from({ length: 40 }, () => read('/sitemap.xml')));
    expect(new Set(all).size).toBe(1);
    shelf.packages.push(packageOf('right-pad'));
    expect(await read('/sitemap.xml')).toBe(all[0]);
    expect(shelf.readsOfNames).toBe(1);
  });

  it('the sitemap has no more than 50,000 addresses', async () => {
    const shelf = shelfOf(
      ...Array.from({ length: 60_000 }, (_, index) => packageOf(`p${index}`, { publishedAt: null })),
    );
    const { read } = await startSite({ shelf });
    expect((await read('/sitemap.xml')).match(/<loc>/g)).toHaveLength(50_000);
  });
});
