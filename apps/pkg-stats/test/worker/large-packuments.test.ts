import { expect, it } from 'vitest';
import { startHttp } from '../support/start-http.js';
import { failureOf, startTestWorker } from '../support/start-test-worker.js';

/** As long as that of `next`, and longer than what is read in one go. */
function largePackument(name: string, bytes: number): string {
  const version = (at: number) => ({ name, version: `1.0.${at}`, description: 'x'.repeat(10_000) });
  const versions = Array.from({ length: Math.ceil(bytes / 10_000) }, (_, at) => version(at));
  const latest = versions.at(-1)?.version;
  const entries = Object.fromEntries(versions.map((manifest) => [manifest.version, manifest]));
  return JSON.stringify({ name, 'dist-tags': { latest }, versions: entries, time: {} });
}

it('a packument of 20 MB is read, several at a time', async () => {
  const server = await startHttp((request, response) => {
    response.end(largePackument(request.url?.slice(1) ?? '', 20_000_000));
  });
  const { client } = await startTestWorker({ registry: server.url, queries: [], freshFor: 60_000 });
  const names = ['one', 'two', 'three', 'four'];
  const found = await Promise.all(names.map((name) => client.package(name)));
  expect(found.map(({ name, version, versionCount }) => [name, version, versionCount])).toEqual(
    names.map((name) => [name, '1.0.1999', 2_000]),
  );
});

it('a large one that is nonsense fails by itself', async () => {
  const server = await startHttp((request, response) => {
    const isGood = request.url === '/good';
    response.end(isGood ? largePackument('good', 100_000) : `${'{"a":'.repeat(1_000_000)}`);
  });
  const { client } = await startTestWorker({ registry: server.url, queries: [], freshFor: 60_000 });
  expect(await failureOf(client.package('bad'))).toEqual({ error: 'UNAVAILABLE', data: { problem: 'failing' } });
  expect((await client.package('good')).versionCount).toBe(10);
});
