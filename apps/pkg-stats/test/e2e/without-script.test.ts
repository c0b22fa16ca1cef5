import { expect, it } from 'vitest';
import { arrival, describeApp } from './world.js';

describeApp('a first view without script', (world, openPage) => {
  const open = async (path: string) => {
    const page = await openPage({ javaScriptEnabled: false });
    const response = await page.goto(world().app.url + path);
    return { page, status: response?.status() };
  };

  it('PS-5 has what search engines look for, on each page', async () => {
    const expected = {
      '/': ['WebSite'],
      '/package/tiny-parser': ['SoftwareSourceCode'],
      '/user/bob': ['ProfilePage', 'Person', 'ItemList'],
    };
    for (const [path, types] of Object.entries(expected)) {
      const { page, status } = await open(path);
      expect(status).toBe(200);
      expect(await page.title()).not.toBe('');
      const content = (selector: string, attribute: string) => page.locator(selector).getAttribute(attribute);
      expect((await content('meta[name=description]', 'content'))?.length).toBeGreaterThan(10);
      expect(await content('link[rel=canonical]', 'href')).toBe(world().app.url + path);
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
      const data = await page.locator('script[type="application/ld+json"]').allTextContents();
      expect(types.some((type) => data.join().includes(`"${type}"`))).toBe(true);
    }
  });

  it('PS-2 shows the package, with its README and its downloads', async () => {
    const { page } = await open('/package/tiny-parser');
    for (const text of ['1.1.0', 'Parses tiny things', '910', 'as its documents say']) {
      expect(await page.getByText(text).first().isVisible()).toBe(true);
    }
    expect(await page.getByRole('figure').isVisible()).toBe(true);
  });

  it('PS-4 shows the feeds', async () => {
    const { page } = await open('/');
    expect(
      await page
        .getByRole('region', { name: /popular/i })
        .getByText('colour-tools')
        .isVisible(),
    ).toBe(true);
    expect(
      await page
        .getByRole('region', { name: /random/i })
        .getByRole('link')
        .count(),
    ).toBeGreaterThan(3);
  });

  it('PS-1 the search box works in all its forms', async () => {
    const { page } = await open('/');
    const look = async (text: string) => {
      await page.getByRole('searchbox').fill(text);
      await page.getByRole('searchbox').press('Enter');
    };
    await look('tiny');
    await arrival(page, '/search?q=tiny');
    await page.getByRole('main').getByRole('link', { name: 'tiny-parser' }).waitFor();
    await look('pkg:tiny-parser');
    await arrival(page, '/package/tiny-parser');
    await look('@bob');
    await arrival(page, '/user/bob');
  });

  it('says what is not there', async () => {
    for (const path of ['/package/no-such-package', '/user/nobody-here', '/nowhere', '/package/..%2f..%2fetc']) {
      const { page, status } = await open(path);
      expect(status).toBe(404);
      expect(await page.getByRole('heading', { level: 1 }).isVisible()).toBe(true);
    }
  });

  it('lists all pages in the sitemap, which robots.txt tells of', async () => {
    const { url } = world().app;
    const robots = await (await fetch(`${url}/robots.txt`)).text();
    const sitemap = /^sitemap: (.+)$/im.exec(robots)?.[1];
    expect(sitemap).toBe(`${url}/sitemap.xml`);
    const listed = await (await fetch(sitemap as string)).text();
    for (const name of ['tiny-parser', 'colour-tools', '@ann/scoped']) {
      expect(listed).toContain(`<loc>${url}/package/${name}</loc>`);
    }
  });
});
