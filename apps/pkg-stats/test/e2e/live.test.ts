import { expect, it, onTestFinished, vi } from 'vitest';
import { describeInChromium } from '../../../../test/browser/chromium.js';
import { packageOf, shelfOf } from '../support/shelf-worker.js';
import { closedGate } from '../support/start-site.js';
import { focusedText, isLive, visit } from './visit.js';

/** Of packages alone, as by a value that nobody has thought of. In the browser, too. */
function breakSorting(): void {
  const { toSorted } = Array.prototype;
  Array.prototype.toSorted = function (this: unknown[], ...given) {
    if (String(JSON.stringify(this[0])).includes('maintainers')) throw new Error('malformed');
    return toSorted.apply(this, given);
  };
}

describeInChromium('a tab that stays open', (openPage) => {
  it('the list that has the focus in it stays as it is, until the focus leaves it', async () => {
    const shelf = shelfOf(packageOf('first'), packageOf('second'));
    const { page, worker } = await visit(openPage, '/', { shelf });
    const listOf = (name: RegExp) => page.getByRole('region', { name });
    await listOf(/newest/i)
      .getByRole('link', { name: 'second' })
      .focus();
    shelf.packages = [packageOf('third'), packageOf('first')];
    await worker?.publish();
    await listOf(/popular/i)
      .getByRole('link', { name: 'third' })
      .waitFor();
    await page.getByText('1 new package since').waitFor();
    expect(await focusedText(page)).toBe('second');
    expect(
      await listOf(/newest/i)
        .getByRole('link', { name: 'third' })
        .count(),
    ).toBe(0);
    await page.getByRole('searchbox').focus();
    await listOf(/newest/i)
      .getByRole('link', { name: 'third' })
      .waitFor();
    expect(
      await listOf(/newest/i)
        .getByRole('link', { name: 'second' })
        .count(),
    ).toBe(0);
  });

  it('live updates that are paused are not shown, until they go on', async () => {
    const shelf = shelfOf(packageOf('first'));
    const { page, worker, url } = await visit(openPage, '/', { shelf });
    const other = await openPage();
    await other.goto(url);
    await isLive(other);
    await page.getByRole('button', { name: 'Pause live updates' }).click();
    const button = page.getByRole('button', { name: 'Resume live updates' });
    await button.waitFor();
    shelf.packages.unshift(packageOf('second'));
    await worker?.publish();
    await other.getByRole('link', { name: 'second' }).first().waitFor();
    // Whatever was sent to the one was sent to the other before this is answered.
    await page.evaluate(() => fetch('/healthz'));
    expect(await page.getByRole('link', { name: 'second' }).count()).toBe(0);
    await button.click();
    await expect.poll(() => page.getByRole('link', { name: 'second' }).count()).toBe(3);
  });

  it('says that it is offline, and when that is over', async () => {
    let isDown = false;
    const links: { close(): Promise<void> }[] = [];
    const { page } = await visit(openPage, '/', {
      shelf: shelfOf(packageOf('first')),
      prepare: async (page) => {
        await page.route('**/socket.io/**', (route) => (isDown ? route.abort() : route.continue()));
        await page.routeWebSocket(/\/socket\.io\//, (link) => {
          if (isDown) return void link.close();
          link.connectToServer();
          links.push(link);
        });
      },
    });
    const notice = page.getByRole('status').getByText(/^Offline/);
    expect(await notice.count()).toBe(0);
    isDown = true;
    for (const link of links) await link.close();
    await notice.waitFor();
    expect(await page.getByRole('link', { name: 'first' }).count()).toBe(3);
    isDown = false;
    await notice.waitFor({ state: 'detached' });
  });

  it('ages go on', async () => {
    const shelf = shelfOf(packageOf('first', { publishedAt: Date.now() - 5.5 * 60_000 }));
    // Nothing comes to this page by itself.
    const { page } = await visit(openPage, '/user/ann', { shelf, prepare: (page) => page.clock.install() });
    await page.getByText('5 minutes ago').waitFor();
    await page.clock.fastForward('02:00');
    await page.getByText('7 minutes ago').waitFor();
  });

  it.each(['here', 'here and on the server'])(
    'a part that cannot be shown %s says so, and the tab goes on',
    async (where) => {
      const { toSorted } = Array.prototype;
      onTestFinished(() => void Object.assign(Array.prototype, { toSorted }));
      vi.spyOn(console, 'error').mockImplementation(() => {});
      if (where !== 'here') breakSorting();
      const { page } = await visit(openPage, '/user/ann', {
        shelf: shelfOf(packageOf('first')),
        prepare: (page) => page.addInitScript(breakSorting),
      });
      const notice = page.getByText('Something is wrong here: the packages cannot be shown.');
      await notice.waitFor();
      expect([await notice.count(), await page.getByRole('table').count()]).toEqual([1, 0]);
      await page.getByRole('heading', { name: '@ann' }).waitFor();
      await page.getByRole('searchbox').fill('pkg:first');
      await page.getByRole('searchbox').press('Enter');
      await page.getByText('What first does').waitFor();
    },
  );
});

describeInChromium('the focus', (openPage) => {
  it('stays on the button that lists the files', async () => {
    const shelf = shelfOf(packageOf('first'));
    shelf.files = [{ path: 'index.js', size: 12 }];
    const { page } = await visit(openPage, '/package/first', { shelf });
    const { gate, open } = closedGate();
    shelf.gate = gate;
    await page.getByRole('button', { name: 'List the files' }).press('Enter');
    await page.getByText('Reading the package').waitFor();
    expect(await focusedText(page)).toBe('List the files');
    open();
    await page.getByText('1 file, 12 bytes').waitFor();
    expect(await focusedText(page)).toBe('Hide the files');
    await page.keyboard.press('Enter');
    await page.getByText('index.js').waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await page.getByText('index.js').waitFor();
  });

  it('goes to the heading of a page that is tried again', async () => {
    const shelf = shelfOf(packageOf('first'));
    shelf.unavailable = 'failing';
    const { page } = await visit(openPage, '/package/first', { shelf });
    const { gate, open } = closedGate();
    shelf.unavailable = null;
    shelf.gate = gate;
    await page.getByRole('button', { name: 'Retry' }).press('Enter');
    await page.getByText('Loading the package').waitFor();
    expect(await focusedText(page)).toBe('first');
    open();
    await page.getByText('What first does').waitFor();
    expect(await focusedText(page)).toBe('first');
  });

  it('goes to the heading of a part that is tried again', async () => {
    const shelf = shelfOf(packageOf('first'));
    const failing = Promise.reject(new Error('out of order'));
    failing.catch(() => {});
    shelf.gateOfReadmes = failing;
    const { page } = await visit(openPage, '/package/first', { shelf });
    shelf.gateOfReadmes = Promise.resolve();
    shelf.readmes.set('first', '<p>How it is used</p>');
    await page.getByRole('button', { name: 'Retry' }).press('Enter');
    await page.getByText('How it is used').waitFor();
    expect(await focusedText(page)).toBe('Readme');
  });
});
