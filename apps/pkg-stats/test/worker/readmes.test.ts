import { expect, it, onTestFinished } from 'vitest';
import { Cache } from '../../src/worker/cache.js';
import { type PackageRecord, readPackument } from '../../src/worker/packument.js';
import { Readmes } from '../../src/worker/readmes.js';
import { Source } from '../../src/worker/source.js';
import { testFolder } from '../support/start-test-worker.js';

const record = readPackument({ name: 'a', versions: { '1.0.0': {} }, readme: '# A' }, 'a') as PackageRecord;

/** Renders when the test lets it, and tells how often it was asked to. */
async function readmesByHand() {
  const cache = new Cache(await testFolder());
  const source = new Source({ base: 'http://localhost:1', timeout: 1_000, requestsPerSecond: 1, rest: 0 });
  onTestFinished(async () => {
    source.close();
    await cache.close();
  });
  const asked: { signal: AbortSignal; render: (html: string) => void }[] = [];
  const html = (_: unknown, signal: AbortSignal) =>
    new Promise<string>((render) => {
      asked.push({ signal, render });
    });
  return { readmes: new Readmes(source, cache, { html }), asked };
}

it('a README is rendered once for all who want it meanwhile, and for those who come later', async () => {
  const { readmes, asked } = await readmesByHand();
  const { signal } = new AbortController();
  const all = Array.from({ length: 20 }, () => readmes.pieces(record, signal).next());
  expect(asked).toHaveLength(1);
  asked[0]?.render('<h1>A</h1>');
  for (const { value } of await Promise.all(all)) expect(value).toBe('<h1>A</h1>');
  expect(await readmes.pieces(record, signal).next()).toMatchObject({ value: '<h1>A</h1>' });
  expect(asked).toHaveLength(1);
});

it('a README is rendered on while somebody waits, and no longer', async () => {
  const { readmes, asked } = await readmesByHand();
  const [one, other] = [new AbortController(), new AbortController()];
  const both = [one, other].map(({ signal }) => readmes.pieces(record, signal).next());
  one.abort(new Error('left'));
  await expect(both[0]).rejects.toThrow('left');
  expect(asked[0]?.signal.aborted).toBe(false);
  other.abort(new Error('left too'));
  await expect(both[1]).rejects.toThrow('left too');
  expect(asked.map(({ signal }) => signal.aborted)).toEqual([true]);
});
