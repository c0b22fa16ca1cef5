import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { expect, it } from 'vitest';
import { describeApp } from './world.js';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const PAGES = [
  '/',
  '/search?q=tiny',
  '/search?q=nothing-like-that',
  '/search',
  '/package/tiny-parser',
  '/package/hostile-readme',
  '/package/@ann/scoped',
  '/package/no-such-package',
  '/user/bob',
  '/nowhere',
];

describeApp('axe-core', (world, openPage) => {
  it.each(PAGES.flatMap((path) => (['light', 'dark'] as const).map((scheme) => [path, scheme] as const)))(
    'PS-5 finds nothing wrong on %s, %s',
    async (path, colorScheme) => {
      const page = await openPage({ colorScheme, bypassCSP: true });
      await page.goto(world().app.url + path);
      await page.locator('html[data-live=on]').waitFor();
      await page.evaluate(axe);
      const { violations, passes } = (await page.evaluate('axe.run()')) as AxeResults;
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      expect(passes.length).toBeGreaterThan(10);
    },
  );
});
