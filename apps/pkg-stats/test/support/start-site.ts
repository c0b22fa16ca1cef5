import { onTestFinished } from 'vitest';
import { readSettings, type Settings } from '../../src/settings.js';
import { startWebServer } from '../../src/web/web-server.js';
import { type Shelf, startShelfWorker } from './shelf-worker.js';

export const TOKEN = 'known to the tests';

export interface SiteOptions {
  /** Nothing: no worker. */
  readonly shelf?: Shelf;
  readonly settings?: Partial<Settings>;
}

/** The web server, with a worker that answers from a shelf; both are closed with the test. */
export async function startSite({ shelf, settings }: SiteOptions = {}) {
  const { url, close } = await startWebServer({ ...readSettings({}), port: 0, token: TOKEN, ...settings });
  onTestFinished(close);
  const worker = shelf && (await startShelfWorker(url, { shelf, token: TOKEN }));
  onTestFinished(() => worker?.close());
  const get = (path: string) => fetch(url + path, { redirect: 'manual' });
  return { url, worker, get, read: async (path: string) => (await get(path)).text() };
}

/** Whoever waits for it waits until it is opened, by the end of the test at the latest. */
export function closedGate(): { gate: Promise<void>; open: () => void } {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  onTestFinished(() => open());
  return { gate, open };
}
