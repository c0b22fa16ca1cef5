import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { Part } from '../../examples/part.js';
import { describeInChromium } from './chromium.js';
import { pattern } from './page/pattern.js';

const SIZE = 5 * 1_048_576;

interface RunningExample {
  /** Where the page is. */
  readonly url: string;
  /** Where the receiver puts what it gets. */
  readonly folder: string;
  readonly relay: Part;
  readonly receiver: Part;
  /** What the relay has printed. */
  readonly relaySaid: readonly string[];
}

interface StartOptions {
  readonly env: Record<string, string>;
  readonly print?: (line: string) => unknown;
}

describeInChromium('the example "browser-upload"', (openPage) => {
  it('R-4 a file that is chosen arrives whole, with progress on the way', async () => {
    const { url, folder } = await startExample();
    const page = await openUpload(await openPage(), url);
    const file = { name: 'photo.bin', mimeType: 'application/octet-stream', buffer: Buffer.from(pattern(SIZE, 6)) };
    await page.getByLabel('Choose a file').setInputFiles(file);
    await page.getByText('Done: receiver has saved photo.bin.').waitFor();
    expect((await readFile(join(folder, 'photo.bin'))).equals(file.buffer)).toBe(true);
    expect(await readdir(folder)).toEqual(['photo.bin']);
    const progress = page.getByRole('progressbar', { name: 'photo.bin' });
    expect(await progress.evaluate((bar: HTMLProgressElement) => bar.value / bar.max)).toBe(1);
    expect(await figures(page)).toMatch(/^5.2 MB of 5.2 MB · [\d.]+ [kMG]?B\/s$/);
  });

  it('R-4 a file that is dropped arrives, and one without content does', async () => {
    const { url, folder } = await startExample();
    const page = await openUpload(await openPage(), url);
    await drop(page, 'dropped.txt', 'let go');
    await page.getByText('Done: receiver has saved dropped.txt.').waitFor();
    await drop(page, 'empty.txt', '');
    await page.getByText('Done: receiver has saved empty.txt.').waitFor();
    expect(await readFile(join(folder, 'dropped.txt'), 'utf8')).toBe('let go');
    expect(await readFile(join(folder, 'empty.txt'), 'utf8')).toBe('');
  });

  it('R-4 it can be used by the keyboard alone', async () => {
    const { url, folder } = await startExample();
    const page = await openPage();
    // So early, because the browser has to be told to hand over its dialogs.
    const chooser = page.waitForEvent('filechooser');
    // Reading the file never comes to an end, until it is given up.
    await page.addInitScript(() => {
      Blob.prototype.arrayBuffer = () => new Promise(() => {});
    });
    await openUpload(page, url);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles({ name: 'slow.txt', mimeType: 'text/plain', buffer: Buffer.from('slow') });
    await page.getByText('Sending slow.txt').waitFor();
    await expect.poll(() => focused(page)).toBe('cancel');
    await page.keyboard.press('Enter');
    await page.getByText('Cancelled: slow.txt.').waitFor();
    expect(await focused(page)).toBe('file');
    await expect.poll(() => readdir(folder)).toEqual([]);
  });

  it('R-4 it tells what goes wrong, and the next file goes well', async () => {
    const { url, receiver, relay, relaySaid } = await startExample();
    const page = await openUpload(await openPage(), url);
    await drop(page, '.profile', 'no');
    await page.getByText('Failed: That is no name for a file (STREAM_REFUSED).').waitFor();
    await drop(page, 'profile', 'yes');
    await page.getByText('Done: receiver has saved profile.').waitFor();

    receiver.stop();
    await expect.poll(() => relaySaid).toContain('relay | receiver has disconnected');
    await drop(page, 'late.txt', 'too late');
    await page.getByText(/^Failed: .* \(CLIENT_NOT_FOUND\)\.$/).waitFor();
    relay.stop();
    await page.getByText('cannot be reached').waitFor();
    expect(await page.getByText('Failed:').isVisible()).toBe(true);
  });

  it.each(['light', 'dark'] as const)('R-4 it fits a small window and a %s one', async (colorScheme) => {
    const { url } = await startExample();
    const page = await openPage();
    await page.setViewportSize({ width: 320, height: 480 });
    await page.emulateMedia({ colorScheme });
    await openUpload(page, url);
    await drop(page, `${'long-'.repeat(15)}name.txt`, 'x');
    await page.getByText('Done').waitFor();
    const { width, paper, ink } = await page.evaluate(() => ({
      width: document.documentElement.scrollWidth,
      paper: getComputedStyle(document.querySelector('main') as HTMLElement).backgroundColor,
      ink: getComputedStyle(document.body).color,
    }));
    expect(width).toBe(320);
    expect(lightness(paper) > lightness(ink)).toBe(colorScheme === 'light');
  });
});

/** All parts of the example, ended with the test. */
async function startExample(): Promise<RunningExample> {
  const folder = await mkdtemp(join(tmpdir(), 'p2p-upload-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const env = { P2P_PORT: '0', P2P_URL: '', P2P_FOLDER: folder, PAGE_PORT: '0' };
  const relaySaid: string[] = [];
  const relay = start('1-relay.js', { env, print: (line) => relaySaid.push(line) });
  env.P2P_URL = await relay.ready;
  const receiver = start('2-receiver.js', { env });
  await receiver.ready;
  const url = await new Promise<string>((resolve) => {
    start('3-page.js', { env, print: (line) => resolve(line.match(/open (\S+) in a browser/)?.[1] ?? line) });
  });
  return { url, folder, relay, receiver, relaySaid };
}

function start(file: string, { env, print = () => {} }: StartOptions): Part {
  const part = new Part(fileURLToPath(new URL(`../../examples/browser-upload/${file}`, import.meta.url)), {
    env,
    print,
  });
  onTestFinished(async () => {
    part.stop();
    await part.ended;
  });
  return part;
}

/** Shows the page, connected. */
async function openUpload(page: Page, url: string): Promise<Page> {
  await page.goto(url);
  await page.getByText('Connected to the relay').waitFor();
  return page;
}

async function drop(page: Page, name: string, content: string): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    ({ name, content }) => {
      const data = new DataTransfer();
      data.items.add(new File([content], name));
      return data;
    },
    { name, content },
  );
  await page.dispatchEvent('#hint', 'dragover', { dataTransfer });
  await page.dispatchEvent('#hint', 'drop', { dataTransfer });
}

/** With ordinary spaces. */
async function figures(page: Page): Promise<string | undefined> {
  return (await page.locator('#figures').textContent())?.replaceAll('\u00a0', ' ');
}

function focused(page: Page): Promise<string | undefined> {
  return page.evaluate(() => document.activeElement?.id);
}

/** Of a colour as `rgb(r, g, b)`. */
function lightness(colour: string): number {
  return (colour.match(/\d+/g) ?? []).reduce((sum, part) => sum + Number(part), 0);
}
