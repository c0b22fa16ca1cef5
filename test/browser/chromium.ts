import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest';

/** Debian's, unless told otherwise. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Only guards against a hang. */
const timeout = 60_000;

/** A new page in a profile of its own, closed with the test. What goes wrong in it fails the test. */
export type OpenPage = (options?: BrowserContextOptions) => Promise<Page>;

/** Tests in a real browser. Where there is none they are skipped, but not in CI. */
export function describeInChromium(name: string, tests: (openPage: OpenPage) => void): void {
  const isMissing = !process.env.CI && !existsSync(executablePath);
  if (isMissing) console.warn(`Skipped, for there is no ${executablePath} (CHROMIUM names another): ${name}`);
  describe.skipIf(isMissing)(name, { timeout }, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      // Its sandbox does not work for root, who runs CI.
      browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    }, timeout);
    afterAll(() => browser?.close());
    tests(async (options) => {
      const context = await browser!.newContext(options);
      const errors: Error[] = [];
      context.on('weberror', (error) => errors.push(error.error()));
      onTestFinished(async () => {
        await context.close();
        expect(errors).toEqual([]);
      });
      return context.newPage();
    });
  });
}
