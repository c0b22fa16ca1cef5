import { expect, it, onTestFinished } from 'vitest';
import { RegistryClient } from '../src/registry-client.js';
import { relayOptions } from '../src/web/relay.js';
import { packageOf, shelfOf, startShelfWorker } from './support/shelf-worker.js';
import { startRelay } from './support/start-relay.js';

const token = 'of the workers';

/** Two workers; what each of them has, has its name. */
async function startWorkers() {
  // As the web server has it: what visitors may do, and are told, differs from what anybody may elsewhere.
  const relay = await startRelay(relayOptions(token));
  const workers = new Map<string, { close(): void }>();
  for (const id of ['registry-a', 'registry-b']) {
    const worker = await startShelfWorker(relay.url, { shelf: shelfOf(packageOf(id)), token, id });
    onTestFinished(worker.close);
    workers.set(id, worker);
  }
  return { workers, client: new RegistryClient(relay.connect('visitor')) };
}

it('asks one worker, and another one when that has left', async () => {
  const { workers, client } = await startWorkers();
  const answerer = async () => (await client.user('ann')).packages[0]?.name as string;
  const first = await answerer();
  expect([...workers.keys()]).toContain(first);
  expect(await answerer()).toBe(first);
  workers.get(first)?.close();
  const second = await answerer();
  expect([first, second].sort()).toEqual(['registry-a', 'registry-b']);
  workers.get(second)?.close();
  await expect(client.user('ann')).rejects.toMatchObject({ code: 'CLIENT_NOT_FOUND' });
});

it('follows a feed from one worker to the next, and to nobody when told to stop', async () => {
  const { workers, client } = await startWorkers();
  const stop = new AbortController();
  const shown: string[] = [];
  const done = client.follow('newest', ({ packages }) => shown.push(packages[0]?.name ?? ''), stop.signal);
  await expect.poll(() => shown, { timeout: 10_000 }).toHaveLength(1);
  workers.get(shown[0] as string)?.close();
  await expect.poll(() => shown.toSorted(), { timeout: 10_000 }).toEqual(['registry-a', 'registry-b']);
  stop.abort();
  await done;
});
