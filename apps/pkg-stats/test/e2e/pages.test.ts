import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { arrival, describeApp } from './world.js';

const search = (page: Page) => page.getByRole('searchbox');

/** Fills in the one box as a visitor does. */
async function look(page: Page, text: string): Promise<void> {
  await search(page).fill(text);
  await search(page).press('Enter');
}

describeApp('the pages, in a browser', (world, openPage) => {
  const open = async (path: string) => {
    const page = await openPage();
    await page.goto(world().app.url + path);
    return page;
  };
  const heading = (page: Page) => page.getByRole('heading', { level: 1 });
  const live = (page: Page) => page.locator('html[data-live=on]').waitFor();

  it('PS-1 free text finds packages, which lead to their pages', async () => {
    const page = await open('/');
    await live(page);
    await look(page, 'tiny');
    await page.getByRole('main').getByRole('link', { name: 'tiny-parser' }).click();
    await expect.poll(() => heading(page).textContent()).toContain('tiny-parser');
    expect(new URL(page.url()).pathname).toBe('/package/tiny-parser');
  });

  it('PS-1 pkg:NAME and @USER lead to their pages at once', async () => {
    const page = await open('/');
    await live(page);
    await look(page, 'pkg:@ann/scoped');
    await arrival(page, '/package/@ann/scoped');
    await expect.poll(() => heading(page).textContent()).toContain('@ann/scoped');
    await look(page, '@bob');
    await arrival(page, '/user/bob');
    await expect.poll(() => heading(page).textContent()).toContain('bob');
  });

  it('PS-2 a package page tells what the package is', async () => {
    const page = await open('/package/tiny-parser');
    const main = page.getByRole('main');
    await expect.poll(() => heading(page).textContent()).toContain('tiny-parser');
    for (const text of ['1.1.0', 'Parses tiny things', 'MIT', 'colour-tools']) {
      await main.getByText(text).first().waitFor();
    }
    const links = main.getByRole('link');
    await links.and(page.locator('[href="/user/bob"]')).waitFor();
    await links.and(page.locator('[href^="/search?q=parser"]')).waitFor();
    await links.and(page.locator('[href="https://github.com/ann/tiny-parser"]')).waitFor();
    // Of the last seven days.
    await main.getByText('910').first().waitFor();
    await main.getByRole('figure').waitFor();
    await main.getByRole('cell', { name: '1 + 1' }).waitFor();
    expect(await main.locator('.hljs-keyword').count()).toBeGreaterThan(0);
  });

  it('PS-2 the files of a package are listed when they are asked for', async () => {
    const page = await open('/package/tiny-parser');
    await live(page);
    await page.getByRole('button', { name: /files/i }).click();
    await page.getByText('docs/usage.md').waitFor();
  });

  it('PS-3 a user page lists packages with their downloads, and sorts them', async () => {
    const page = await open('/user/bob');
    await live(page);
    const names = () => page.getByRole('rowheader').allTextContents();
    await expect.poll(names).toEqual(['colour-tools', 'tiny-parser']);
    await page.getByRole('button', { name: /package|name/i }).click();
    await page.getByRole('button', { name: /downloads/i }).click();
    await expect.poll(async () => (await names()).sort()).toEqual(['colour-tools', 'tiny-parser']);
    const sorted = page.locator('th[aria-sort]:not([aria-sort=none])');
    expect(await sorted.textContent()).toMatch(/downloads/i);
    const first = await names();
    await page.getByRole('button', { name: /downloads/i }).click();
    await expect.poll(names).toEqual(first.toReversed());
  });

  it('PS-2 counts that nobody knows are unknown, and never zero', async () => {
    const page = await open('/package/@ann/scoped');
    await page.getByText(/downloads are not known/i).waitFor();
    await page.goto(`${world().app.url}/user/ann`);
    const row = page.getByRole('row').filter({ hasText: '@ann/scoped' });
    await row.getByText(/unknown/i).waitFor();
    expect(await row.getByText('0', { exact: true }).count()).toBe(0);
  });

  it('PS-4 what is published while somebody looks appears in the list of the newest', async () => {
    const page = await open('/');
    await live(page);
    const newest = page.getByRole('region', { name: /newest/i });
    await newest.getByRole('link', { name: 'tiny-parser' }).waitFor();
    await world().registry.publish({ name: 'brand-new', description: 'Was not there before' });
    await newest.getByRole('link', { name: 'brand-new' }).waitFor();
    await page
      .getByRole('region', { name: /popular/i })
      .getByRole('link', { name: 'colour-tools' })
      .waitFor();
  });

  it('a package page shows a version that is published meanwhile', async () => {
    await world().registry.publish({ name: 'moving', version: '1.0.0' });
    const page = await open('/package/moving');
    await live(page);
    await world().registry.publish({ name: 'moving', version: '1.0.1' });
    await page.getByText('1.0.1').first().waitFor();
  });

  it('back and forward lead where they should, to the place on the page', async () => {
    const page = await open('/');
    await page.setViewportSize({ width: 800, height: 240 });
    await live(page);
    await look(page, 'tiny');
    await arrival(page, '/search?q=tiny');
    const link = page.getByRole('main').getByRole('link', { name: 'tiny-parser' });
    await link.hover();
    const scrolled = await page.evaluate(() => scrollY);
    expect(scrolled).toBeGreaterThan(0);
    await link.click();
    await expect.poll(() => page.title()).toContain('tiny-parser');
    await page.goBack();
    await expect.poll(() => page.title()).toContain('tiny');
    expect(page.url()).toContain('/search?q=tiny');
    expect(await search(page).inputValue()).toBe('tiny');
    await expect.poll(() => page.evaluate(() => scrollY)).toBe(scrolled);
    await page.goBack();
    await page.getByRole('region', { name: /newest/i }).waitFor();
    await page.goForward();
    await arrival(page, '/search?q=tiny');
    await page.getByRole('main').getByRole('link', { name: 'tiny-parser' }).waitFor();
  });

  it('everything can be reached by keyboard', async () => {
    const page = await open('/');
    await live(page);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/skip/i);
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
    await page.reload();
    await live(page);
    await tabTo(page, 'searchbox');
    await page.keyboard.type('pkg:tiny-parser');
    await page.keyboard.press('Enter');
    await arrival(page, '/package/tiny-parser');
    // A screen reader goes on at the new page.
    await expect.poll(() => page.evaluate(() => document.activeElement?.closest('main')?.tagName)).toBe('MAIN');
  });

  it.each(['/', '/search?q=tiny', '/package/tiny-parser', '/package/hostile-readme', '/user/bob', '/nowhere'])(
    'PS-5 %s fits a screen of 320 px',
    async (path) => {
      const page = await openPage({ viewport: { width: 320, height: 600 } });
      await page.goto(world().app.url + path);
      const { scrollWidth, clientWidth } = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return { scrollWidth, clientWidth };
      });
      expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
    },
  );

  it('what an attacker writes is shown, and not run', async () => {
    const page = await open('/package/hostile-readme');
    await live(page);
    await page.getByText('The end of the README.').waitFor();
    expect(await page.evaluate(() => 'pwned' in window)).toBe(false);
    for (const link of await page.getByRole('main').locator('a[href]').all()) {
      expect(await link.getAttribute('href')).toMatch(/^(https?:|mailto:|\/|#)/);
    }
    const dangerous = 'main :is(script, iframe, style, form, object, embed, base, meta)';
    expect(await page.locator(dangerous).count()).toBe(0);
    await page.goto(`${world().app.url}/search?q=hostile`);
    await page.getByText('<b>bold</b>').first().waitFor();
    expect(await page.evaluate(() => 'pwned' in window)).toBe(false);
  });
});

async function tabTo(page: Page, type: string): Promise<void> {
  const isThere = () => page.evaluate(() => (document.activeElement as HTMLInputElement | null)?.type);
  for (let step = 0; step < 30; step++) {
    await page.keyboard.press('Tab');
    if ((await isThere()) === (type === 'searchbox' ? 'search' : type)) return;
  }
  throw new Error(`No ${type} is reached by the tab key`);
}
