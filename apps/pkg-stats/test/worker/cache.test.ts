import { expect, it, onTestFinished } from 'vitest';
import { Cache } from '../../src/worker/cache.js';
import { testFolder } from '../support/start-test-worker.js';

it('a cache forgets the oldest when it has too much', async () => {
  const cache = new Cache(await testFolder(), { maxEntries: 150 });
  onTestFinished(() => cache.close());
  const key = (i: number) => `entry-${i}`;
  for (let i = 0; i < 200; i++) await cache.put(key(i), { value: i, validators: {}, asOf: i });
  await cache.put('last', { value: 0, validators: {}, asOf: 1_000 });
  const kept = Array.from({ length: 200 }, (_, i) => cache.get(key(i)) !== undefined);
  expect(kept.indexOf(true)).toBe(50);
  expect(kept.slice(50)).not.toContain(false);
});

it('a cache that is closed gives and takes nothing', async () => {
  const cache = new Cache(await testFolder());
  await cache.put('a', { value: 1, validators: {}, asOf: 1 });
  await cache.close();
  await cache.close();
  await cache.put('b', { value: 1, validators: {}, asOf: 1 });
  cache.putState('c', 1);
  expect([cache.get('a'), cache.state('c')]).toEqual([undefined, undefined]);
});
