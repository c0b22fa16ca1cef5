import type { BrowserContextOptions, Page } from 'playwright-core';
import type { OpenPage } from '../../../../test/browser/chromium.js';
import type { Shelf } from '../support/shelf-worker.js';
import { startSite } from '../support/start-site.js';

export interface VisitOptions {
  readonly shelf: Shelf;
  readonly context?: BrowserContextOptions;
  /** Before anything is loaded. */
  readonly prepare?: (page: Page) => Promise<unknown>;
}

/** A page of a site with a worker that answers from a shelf, in a browser where it is live. */
export async function visit(openPage: OpenPage, path: string, { shelf, context, prepare }: VisitOptions) {
  const site = await startSite({ shelf });
  const page = await openPage(context);
  await prepare?.(page);
  await page.goto(site.url + path);
  await isLive(page);
  return { ...site, page };
}

export const isLive = (page: Page): Promise<void> => page.locator('html[data-live=on]').waitFor();

/** The text of what has the focus. */
export const focusedText = (page: Page): Promise<string | null | undefined> =>
  page.evaluate(() => document.activeElement?.textContent);
