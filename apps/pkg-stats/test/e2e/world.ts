import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { describeInChromium, type OpenPage } from '../../../../test/browser/chromium.js';
import { type DownloadSource, startDownloadSource } from '../support/download-source.js';
import { startApp, type TestApp } from '../support/start-app.js';
import { startVerdaccio, type TestRegistry } from '../support/verdaccio.js';
import { fillRegistry } from './shelf.js';

/** A registry with some packages, a source of counts, and the whole application on top of them. */
export interface World {
  readonly registry: TestRegistry;
  readonly downloads: DownloadSource;
  readonly app: TestApp;
}

/** Puts packages into a registry, and sets how often they are downloaded. */
export type Shelf = typeof fillRegistry;

export interface WorldOptions {
  /** As environment variables, without what their names begin with. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly shelf?: Shelf;
}

/** Tests in a browser, all of one file with one world; each begins with a registry that answers. */
export function describeApp(
  name: string,
  tests: (world: () => World, openPage: OpenPage) => void,
  { settings = {}, shelf = fillRegistry }: WorldOptions = {},
): void {
  describeInChromium(name, (openPage) => {
    let world: World | undefined;
    beforeAll(async () => {
      const [registry, downloads] = await Promise.all([startVerdaccio(), startDownloadSource()]);
      await shelf(registry, downloads);
      const sources = { REGISTRY: registry.url, DOWNLOADS: downloads.url };
      const app = await startApp({ ...sources, ...settings });
      world = { registry, downloads, app };
      await untilFilled(app.url, registry.url);
    });
    beforeEach(() => {
      world?.registry.up();
      world?.downloads.fail(false);
    });
    afterAll(async () => {
      await world?.app.close();
      await Promise.all([world?.registry.close(), world?.downloads.close()]);
    });
    tests(() => world as World, openPage);
  });
}

/** The browser shows the address, by whichever kind of navigation. */
export async function arrival(page: Page, path: string): Promise<void> {
  await expect.poll(() => page.url().endsWith(path), { timeout: 10_000 }).toBe(true);
}

/** A worker has come, and has found all that there is. */
async function untilFilled(url: string, registry: string): Promise<void> {
  const found = (await (await fetch(`${registry}/-/v1/search?text=&size=250`)).json()) as { objects: unknown[] };
  for (;;) {
    const page = await (await fetch(url)).text();
    if (Number(/([\d,]+) packages? in the index/.exec(page)?.[1]) === found.objects.length) return;
  }
}
