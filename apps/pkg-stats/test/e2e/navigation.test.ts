import { expect, it } from 'vitest';
import { describeInChromium } from '../../../../test/browser/chromium.js';
import { packageOf, shelfOf } from '../support/shelf-worker.js';
import { focusedText, visit } from './visit.js';
import { arrival } from './world.js';

const many = () => shelfOf(...Array.from({ length: 20 }, (_, index) => packageOf(`item-${index}`)));

describeInChromium('navigation without loads', (openPage) => {
  it('Back restores where a page was scrolled to, and how its table was sorted', async () => {
    const { page } = await visit(openPage, '/user/ann', {
      shelf: many(),
      context: { viewport: { width: 1000, height: 400 } },
    });
    await page.getByRole('button', { name: 'Package' }).click();
    await page.getByRole('button', { name: 'Package' }).click();
    const link = page.getByRole('link', { name: 'item-2', exact: true });
    await link.hover();
    const scrolled = await page.evaluate(() => scrollY);
    expect(scrolled).toBeGreaterThan(50);
    await link.click();
    await arrival(page, '/package/item-2');
    expect(await page.evaluate(() => scrollY)).toBe(0);
    await page.goBack();
    await page.locator('th[aria-sort=descending]').getByText('Package').waitFor();
    await expect.poll(() => page.evaluate(() => scrollY)).toBe(scrolled);
  });

  it('Back shows what was there, and then what has changed since', async () => {
    const shelf = shelfOf(packageOf('left-pad'), packageOf('right-pad'));
    const { page } = await visit(openPage, '/package/left-pad', { shelf });
    await page.getByRole('link', { name: '@ann' }).click();
    await page.getByRole('link', { name: 'right-pad' }).waitFor();
    shelf.packages[0] = packageOf('left-pad', { description: 'It does something else now' });
    await page.goBack();
    await page.getByText('It does something else now').waitFor();
  });

  it('a page that is not found is left, and come back to', async () => {
    const { page, url } = await visit(openPage, '/%2F%2F[', { shelf: many() });
    await page.getByRole('link', { name: 'Pkg Stats' }).click();
    await page.getByRole('heading', { name: 'Discover npm packages' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Page not found' }).waitFor();
    expect(await page.locator('main code').textContent()).toBe('///[');
    expect(await page.locator('link[rel=canonical]').getAttribute('href')).toBe(`${url}/%2F%2F[`);
  });

  it('screen readers and search engines are told of the page that has come', async () => {
    const { page, url } = await visit(openPage, '/', { shelf: many() });
    const canonical = () => page.locator('link[rel=canonical]').getAttribute('href');
    const robots = page.locator('meta[name=robots]');
    await page.getByRole('searchbox').fill('item-3');
    await page.getByRole('searchbox').press('Enter');
    await expect.poll(() => page.locator('#announcer').textContent()).toBe('Search for item-3 · Pkg Stats');
    expect(await canonical()).toBe(`${url}/search?q=item-3`);
    expect(await robots.getAttribute('content')).toBe('noindex');
    await page.getByRole('main').getByRole('link', { name: 'item-3' }).click();
    await expect.poll(() => page.locator('#announcer').textContent()).toBe('item-3 1.2.3 · Pkg Stats');
    expect(await canonical()).toBe(`${url}/package/item-3`);
    expect(await page.locator('meta[property="og:url"]').getAttribute('content')).toBe(`${url}/package/item-3`);
    expect(await robots.count()).toBe(0);
    expect(await focusedText(page)).toBe('item-3');
  });

  it('the same address once more is no further step to go back', async () => {
    const { page } = await visit(openPage, '/', { shelf: many() });
    const steps = () => page.evaluate(() => history.length);
    const before = await steps();
    await page.getByRole('link', { name: 'Pkg Stats' }).click();
    expect(await steps()).toBe(before);
    await page.getByRole('searchbox').fill('item');
    await page.getByRole('searchbox').press('Enter');
    await arrival(page, '/search?q=item');
    expect(await steps()).toBe(before + 1);
    await page.getByRole('searchbox').press('Enter');
    expect(await steps()).toBe(before + 1);
    await page.goBack();
    await page.getByRole('heading', { name: 'Discover npm packages' }).waitFor();
  });

  it.each([
    ['ctrl', { ctrlKey: true }, false],
    ['meta', { metaKey: true }, false],
    ['shift', { shiftKey: true }, false],
    ['alt', { altKey: true }, false],
    ['the middle button', { button: 1 }, false],
    ['nothing', {}, true],
  ] as const)('a click with %s is taken: %j, %s', async (_with, init, isTaken) => {
    const { page } = await visit(openPage, '/', { shelf: many() });
    const wasPrevented = await page.evaluate((options) => {
      const click = new MouseEvent('click', { bubbles: true, cancelable: true, ...options });
      let isPrevented: boolean | undefined;
      const listen = (event: Event) => {
        isPrevented = event.defaultPrevented;
        event.preventDefault();
      };
      // After that of the page.
      addEventListener('click', listen);
      document.querySelector('main a')?.dispatchEvent(click);
      removeEventListener('click', listen);
      return isPrevented;
    }, init);
    expect(wasPrevented).toBe(isTaken);
    expect(new URL(page.url()).pathname === '/').toBe(!isTaken);
  });

  it('no word of the navigation is broken on a screen of 320 px', async () => {
    const { page } = await visit(openPage, '/', {
      shelf: many(),
      context: { viewport: { width: 320, height: 600 } },
    });
    for (const link of await page.getByRole('navigation', { name: 'Feeds' }).getByRole('link').all()) {
      const lines = await link.evaluate((element) => {
        const text = document.createRange();
        text.selectNodeContents(element);
        return text.getClientRects().length;
      });
      expect(lines).toBe(1);
    }
  });
});
