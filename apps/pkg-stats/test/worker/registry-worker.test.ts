import { setImmediate as turn } from 'node:timers/promises';
import { P2PError } from 'socket.io-p2p-plugin';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { readSettings } from '../../src/settings.js';
import { startWorker } from '../../src/worker/registry-worker.js';
import { startHttp } from '../support/start-http.js';
import { startRelay } from '../support/start-relay.js';
import { failureOf, startTestWorker, testFolder } from '../support/start-test-worker.js';

const startRegistry = () => startHttp((_, response) => void response.writeHead(404).end());

/** Lets nobody in as a worker who has not the token. */
const relayWithToken = () =>
  startRelay({
    authenticate: ({ auth }) => {
      if (auth.token === 'the token') return String(auth.clientId);
      throw new P2PError('AUTH_FAILED', 'No token');
    },
  });

describe('a worker', () => {
  it.each([404, 400])('says once that the registry cannot search with %s, and what helps', async (status) => {
    const lines = vi.spyOn(console, 'error').mockImplementation(() => {});
    const registry = await startHttp((_, response) => void response.writeHead(status).end());
    const { worker } = await startTestWorker({ registry: registry.url, queries: ['one', 'two'] });
    while (registry.requests.length < 5) await turn();
    await worker.close();
    const told = lines.mock.calls.map(String).filter((line) => line.includes('search'));
    expect(told).toEqual([expect.stringMatching(/PKG_STATS_QUERIES.*PKG_STATS_CHANGES/)]);
  });

  it('sends the credentials of every source in a header', async () => {
    const [registry, counts, changes] = [await startRegistry(), await startRegistry(), await startRegistry()];
    const withCredentials = (url: string) => url.replace('//', '//ann:secret@');
    const { client } = await startTestWorker({
      registry: registry.url,
      downloads: withCredentials(counts.url),
      changes: withCredentials(changes.url),
    });
    await client.downloads('a');
    while (changes.requests.length === 0) await turn();
    const expected = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
    for (const { requests } of [counts, changes]) expect(requests[0]?.headers.authorization).toBe(expected);
  });

  it('CV-1 is a service under its own id, with all of the contract, until it is closed', async () => {
    const registry = await startRegistry();
    const { worker, relay } = await startTestWorker({ registry: registry.url });
    const visitor = relay.connect('somebody');
    expect(worker.id).toMatch(/^registry-[0-9a-f]{8}$/);
    expect(await visitor.getServiceList()).toEqual([worker.id]);
    const { apis, topics } = await visitor.describeService(worker.id);
    const namesOf = (list: readonly { name: string }[]) => list.map(({ name }) => name).sort();
    expect(namesOf(apis)).toEqual(['downloads', 'files', 'names', 'package', 'readme', 'search', 'user']);
    expect(namesOf(topics)).toEqual(['newest', 'popular', 'random']);
    await worker.close();
    await worker.close();
    expect(await failureOf(visitor.callService(worker.id, 'names'))).toBe('CLIENT_NOT_FOUND');
  });

  it('shows its token, and is not there without it', async () => {
    const registry = await startRegistry();
    const relay = await relayWithToken();
    const given = { relay: relay.url, registry: registry.url, cacheFolder: await testFolder() };
    const settings = { ...readSettings({}), ...given };
    const refused = startWorker({ ...settings, token: 'a wrong one' });
    await expect(refused).rejects.toThrow(/PKG_STATS_TOKEN/);
    expect(await failureOf(refused)).toBe('AUTH_FAILED');
    expect(registry.requests).toEqual([]);
    const worker = await startWorker({ ...settings, token: 'the token' });
    onTestFinished(() => worker.close());
    expect(worker.id).toMatch(/^registry-/);
  });
});
