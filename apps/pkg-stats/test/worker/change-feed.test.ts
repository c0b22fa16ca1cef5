import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { Cache } from '../../src/worker/cache.js';
import { ChangeFeed } from '../../src/worker/change-feed.js';
import { Source } from '../../src/worker/source.js';
import { startHttp } from '../support/start-http.js';
import { testFolder } from '../support/start-test-worker.js';

it('PS-4 a change that was not dealt with is told again', async () => {
  const server = await startHttp((_, response) => {
    response.end(JSON.stringify({ results: [{ id: 'a' }], last_seq: 7 }));
  });
  const cache = new Cache(await testFolder());
  const source = new Source({ base: server.url, timeout: 5_000, requestsPerSecond: 100, rest: 0 });
  onTestFinished(async () => {
    source.close();
    await cache.close();
  });
  const feed = new ChangeFeed(source, cache);
  const { signal } = new AbortController();
  const failing = async () => {
    for await (const _batch of feed.batches(signal)) throw new Error('it fails');
  };
  for (let i = 0; i < 2; i++) await expect(failing()).rejects.toThrow('it fails');
  for await (const batch of feed.batches(signal)) expect(batch).toEqual([{ name: 'a', isDeleted: false }]);
  while (cache.state(`since:${server.url}`) !== 7) await turn();
  const asked = server.requests.filter(({ url }) => url?.includes('since')).map(({ url }) => url);
  expect(asked).toEqual(Array(3).fill('/?since=0&limit=100'));
});
