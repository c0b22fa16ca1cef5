import { expect, it } from 'vitest';
import { describeApp } from './world.js';

/** What the first view of a package may take of the network, in bytes as sent. */
const MOST = 100_000;

describeApp('the first view of a package that is in the cache', (world, openPage) => {
  it('PS-5 takes 100 KB at most of our own bytes, scripts included', async () => {
    const address = `${world().app.url}/package/tiny-parser`;
    await fetch(address);
    const page = await openPage();
    const session = await page.context().newCDPSession(page);
    const sizes = new Map<string, number>();
    const urls = new Map<string, string>();
    session.on('Network.responseReceived', ({ requestId, response }) => urls.set(requestId, response.url));
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) =>
      sizes.set(requestId, encodedDataLength),
    );
    await session.send('Network.enable');
    await page.goto(address, { waitUntil: 'networkidle' });
    await page.locator('html[data-live=on]').waitFor();
    const own = [...sizes].filter(([id]) => urls.get(id)?.startsWith(`${world().app.url}/`));
    const total = own.reduce((sum, [, size]) => sum + size, 0);
    console.log(
      `first view: ${total} bytes: ${own.map(([id, size]) => `${new URL(urls.get(id) as string).pathname} ${size}`).join(', ')}`,
    );
    expect([...urls.values()].some((url) => url.endsWith('.js'))).toBe(true);
    expect(total).toBeLessThanOrEqual(MOST);
    // Each is compressed; a page that is none of ours, or nothing at all, would pass as well.
    expect(total).toBeGreaterThan(10_000);
  });
});
