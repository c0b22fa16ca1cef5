import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startHttp } from '../support/start-http.js';
import { failureOf, itemsOf, startTestWorker, testFolder, untilFeed } from '../support/start-test-worker.js';
import { startVerdaccio, type TestRegistry } from '../support/verdaccio.js';

describe('a registry that does not answer', () => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startVerdaccio();
    await registry.publish({ name: 'kept', description: 'still known', readme: '# Kept', maintainers: ['ann'] });
  });
  beforeEach(() => registry.up());
  afterAll(() => registry.close());

  it('shows what was known before, and says since when and why', async () => {
    const { client } = await startTestWorker({ registry: registry.url });
    const before = await client.package('kept');
    const found = await client.search({ text: 'kept' });
    registry.down();
    const after = await client.package('kept');
    expect(after).toEqual({ ...before, freshness: { asOf: after.freshness.asOf, problem: 'unreachable' } });
    expect(after.freshness.asOf).toBeLessThanOrEqual(Date.now());
    expect((await client.package('kept')).freshness).toEqual(after.freshness);
    expect((await itemsOf(client.readme('kept'))).join('')).toContain('Kept</h2>');
    expect(await client.search({ text: 'kept' })).toMatchObject({
      packages: found.packages,
      freshness: { problem: 'unreachable' },
    });
    expect(await client.user('ann')).toMatchObject({
      packages: [{ name: 'kept' }],
      isComplete: false,
      freshness: { problem: 'unreachable' },
    });
  });

  it('says so where nothing is known', async () => {
    registry.down();
    const { client } = await startTestWorker({ registry: registry.url });
    const unavailable = { error: 'UNAVAILABLE', data: { problem: 'unreachable' } };
    expect(await failureOf(client.package('kept'))).toEqual(unavailable);
    expect(await failureOf(itemsOf(client.readme('kept')))).toEqual(unavailable);
    expect(await failureOf(itemsOf(client.files('kept')))).toEqual(unavailable);
    expect(await failureOf(client.search({ text: 'kept' }))).toEqual(unavailable);
    expect(await failureOf(client.user('ann'))).toEqual(unavailable);
  });

  it('searches in its own index meanwhile', async () => {
    const { client } = await startTestWorker({ registry: registry.url });
    await untilFeed(client, 'newest', ({ index }) => index.size > 0);
    registry.down();
    expect(await client.search({ text: 'still' })).toMatchObject({
      total: 1,
      packages: [{ name: 'kept' }],
      origin: 'index',
      freshness: { problem: 'unreachable' },
    });
  });

  it('is slow: what is known is shown soon', async () => {
    const { client } = await startTestWorker({ registry: registry.url, requestTimeout: 3_600_000 });
    await client.package('kept');
    registry.stall();
    expect((await client.package('kept')).freshness.problem).toBe('slow');
  });

  it('is slow: what is not known is waited for no longer than may be, and by nobody again and again', async () => {
    const silent = await startHttp(() => {});
    const settings = { registry: silent.url, requestTimeout: 200, freshFor: 3_600_000, queries: [] };
    const { client } = await startTestWorker(settings);
    const slow = { error: 'UNAVAILABLE', data: { problem: 'slow' } };
    for (const name of ['one', 'one', 'two', 'one', 'three', 'four', 'five'])
      expect(await failureOf(client.package(name))).toEqual(slow);
    // Each is asked for once; after three, the registry itself is left alone.
    expect(silent.requests.map(({ url }) => url)).toEqual(['/one', '/two', '/three']);
  });

  it('is asked again when it is back', async () => {
    const { client } = await startTestWorker({ registry: registry.url });
    const before = await client.package('kept');
    registry.down();
    expect((await client.package('kept')).freshness.problem).toBe('unreachable');
    registry.up();
    const after = await client.package('kept');
    expect(after.freshness.problem).toBeNull();
    expect(after.freshness.asOf).toBeGreaterThan(before.freshness.asOf);
  });

  it('what is cached outlives the worker', async () => {
    const cacheFolder = await testFolder();
    const first = await startTestWorker({ registry: registry.url, cacheFolder });
    await first.client.package('kept');
    await untilFeed(first.client, 'newest', ({ index }) => index.updatedAt !== null);
    await first.worker.close();
    registry.down();
    const second = await startTestWorker({ registry: registry.url, cacheFolder });
    expect(await second.client.package('kept')).toMatchObject({ name: 'kept', freshness: { problem: 'unreachable' } });
    const feed = await untilFeed(second.client, 'newest', () => true);
    expect(feed).toMatchObject({ packages: [{ name: 'kept' }], index: { size: 1, updatedAt: expect.any(Number) } });
  });

  it('two workers share a folder', async () => {
    const cacheFolder = await testFolder();
    const one = await startTestWorker({ registry: registry.url, cacheFolder });
    const other = await startTestWorker({ registry: registry.url, cacheFolder });
    await one.client.package('kept');
    registry.down();
    expect((await other.client.package('kept')).freshness.problem).toBe('unreachable');
    await one.worker.close();
    expect((await other.client.package('kept')).name).toBe('kept');
  });
});
