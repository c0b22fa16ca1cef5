import { expect, it } from 'vitest';
import { describeApp } from './world.js';

interface Health {
  readonly workers: number;
}

describeApp(
  'when a source does not answer',
  (world, openPage) => {
    const open = async (path: string) => {
      const page = await openPage();
      const response = await page.goto(world().app.url + path);
      return { page, status: response?.status() };
    };

    it('a registry that is down: what was seen before is shown, and said to be old', async () => {
      await fetch(`${world().app.url}/package/tiny-parser`);
      world().registry.down();
      const { page, status } = await open('/package/tiny-parser');
      expect(status).toBe(200);
      await page
        .getByText(/registry (does not answer|cannot be reached)/i)
        .first()
        .waitFor();
      await page.getByText('as its documents say').waitFor();
      await page.goto(`${world().app.url}/search?q=tiny`);
      await page.getByRole('main').getByRole('link', { name: 'tiny-parser' }).waitFor();
    });

    it('a registry that is down: what was never seen is said to be out of reach, until it is back', async () => {
      await world().registry.publish({ name: 'unseen' });
      world().registry.down();
      const { page, status } = await open('/package/unseen-and-unknown');
      expect(status).toBe(503);
      await page.locator('html[data-live=on]').waitFor();
      world().registry.up();
      await page.goto(`${world().app.url}/package/unseen`);
      await expect.poll(() => page.title()).toContain('unseen');
    });

    it('a registry that is slow: what was seen before is shown without waiting for it', async () => {
      await fetch(`${world().app.url}/package/colour-tools`);
      world().registry.stall();
      const { page, status } = await open('/package/colour-tools');
      expect(status).toBe(200);
      await page.getByText('Mixes colours').first().waitFor();
      await page
        .getByText(/registry/i)
        .first()
        .waitFor();
    });

    it('a source of counts that fails leaves the last ones, with their age, and no zeros', async () => {
      await fetch(`${world().app.url}/package/tiny-parser`);
      world().downloads.fail(true);
      const { page } = await open('/package/tiny-parser');
      await page.getByText('910').first().waitFor();
      await page.getByText(/The source of download counts .+; they are from a moment ago\./).waitFor();
      const { page: other } = await open('/package/@ann/scoped');
      await other.getByText(/downloads are not known/i).waitFor();
    });

    it('a worker that dies is started again, and tabs that are open go on', async () => {
      const { page } = await open('/user/bob');
      await page.locator('html[data-live=on]').waitFor();
      const workers = async () => ((await (await fetch(`${world().app.url}/healthz`)).json()) as Health).workers;
      expect(await workers()).toBe(1);
      await world().app.killWorker();
      await expect.poll(workers, { timeout: 20_000 }).toBe(0);
      await expect.poll(workers, { timeout: 20_000 }).toBe(1);
      await page.getByRole('searchbox').fill('pkg:tiny-parser');
      await page.getByRole('searchbox').press('Enter');
      await page.getByText('as its documents say').waitFor();
    });
  },
  { settings: { FRESH_FOR: '0', REQUEST_TIMEOUT: '1000' } },
);
