import { describe, expect, it, onTestFinished } from 'vitest';
import type { PackageSummary } from '../../src/contract.js';
import { Cache } from '../../src/worker/cache.js';
import { PackageIndex } from '../../src/worker/package-index.js';
import { testFolder } from '../support/start-test-worker.js';

const summary = (name: string, given: Partial<PackageSummary> = {}): PackageSummary => ({
  name,
  version: '1.0.0',
  description: '',
  keywords: [],
  maintainers: [],
  publishedAt: null,
  downloads: null,
  ...given,
});

async function emptyIndex(): Promise<PackageIndex> {
  const cache = new Cache(await testFolder());
  onTestFinished(() => cache.close());
  return new PackageIndex(cache);
}

const namesOf = (packages: readonly PackageSummary[]) => packages.map(({ name }) => name);

describe('PS-4 the index', () => {
  it('picks at random each package as often as any other one', async () => {
    const index = await emptyIndex();
    const names = Array.from({ length: 20 }, (_, i) => `package-${i}`);
    for (const name of names) index.put(summary(name));
    const picked = new Map(names.map((name) => [name, 0]));
    const rounds = 20_000;
    for (let i = 0; i < rounds; i++) {
      const found = namesOf(index.random(3));
      expect(new Set(found).size).toBe(3);
      for (const name of found) picked.set(name, (picked.get(name) ?? 0) + 1);
    }
    // Each is expected 3,000 times; the standard deviation is 50.5, and six of them are once in 25 million runs of 20.
    for (const count of picked.values()) expect(Math.abs(count - (rounds * 3) / 20)).toBeLessThan(304);
  });

  it('goes on being uniform when packages are taken out', async () => {
    const index = await emptyIndex();
    for (const name of ['a', 'b', 'c', 'd', 'e']) index.put(summary(name));
    index.random(5);
    for (const name of ['a', 'e', 'nobody']) index.remove(name);
    expect(namesOf(index.random(10)).sort()).toEqual(['b', 'c', 'd']);
    expect(index.size).toBe(3);
    expect(index.search('a')).toEqual([]);
  });

  it('orders by downloads and by time, and leaves out what nobody knows', async () => {
    const index = await emptyIndex();
    index.put(summary('old', { publishedAt: 1, downloads: 9 }));
    index.put(summary('new', { publishedAt: 3, downloads: 5 }));
    index.put(summary('unknown'));
    index.put(summary('zero', { publishedAt: 2, downloads: 0 }));
    expect(namesOf(index.popular(10))).toEqual(['old', 'new', 'zero']);
    expect(namesOf(index.newest(2))).toEqual(['new', 'zero']);
  });

  it('keeps what a search leaves out, while the version is the same', async () => {
    const index = await emptyIndex();
    const full = summary('a', {
      description: 'd',
      keywords: ['k'],
      maintainers: ['ann'],
      publishedAt: 5,
      downloads: 7,
    });
    index.put(full);
    index.hear(summary('a', { publishedAt: 6 }));
    expect(index.get('a')).toEqual(full);
    index.hear(summary('a', { version: '2.0.0', publishedAt: 8 }));
    expect(index.get('a')).toEqual(summary('a', { version: '2.0.0', publishedAt: 8, downloads: 7 }));
    index.hear(full);
    expect(index.get('a')?.version).toBe('2.0.0');
  });

  it('finds by name, keyword and description, by the beginning of words, and with a slip', async () => {
    const index = await emptyIndex();
    index.put(summary('parse-words', { description: 'Takes text apart', keywords: ['language'] }));
    index.put(summary('other', { description: 'mentions parse too' }));
    for (const text of ['words', 'wor', 'languag', 'apart', 'langauge']) {
      expect(namesOf(index.search(text))).toEqual(['parse-words']);
    }
    expect(namesOf(index.search('parse'))).toEqual(['parse-words', 'other']);
    for (const text of ['', '*', '(', '__proto__', 'constructor']) expect(index.search(text)).toEqual([]);
  });

  it('looks for no slips in many words or short ones, and for six words at most', async () => {
    const index = await emptyIndex();
    index.put(summary('a', { description: 'one two three four five six' }));
    expect(namesOf(index.search('thrae'))).toEqual(['a']);
    for (const text of ['ona', 'thrae four five']) expect(index.search(text)).toEqual([]);
    expect(namesOf(index.search('one two three four five six seven'))).toEqual(['a']);
  });

  it('takes packages whose names every object knows', async () => {
    const index = await emptyIndex();
    for (const name of ['__proto__', 'constructor', 'toString']) index.put(summary(name, { maintainers: ['ann'] }));
    expect(namesOf(index.byMaintainer('ann'))).toEqual(['__proto__', 'constructor', 'toString']);
    expect(namesOf(index.search('constructor'))).toEqual(['constructor']);
  });

  it('is there again after a restart, without what is none', async () => {
    const folder = await testFolder();
    const cache = new Cache(folder);
    const index = new PackageIndex(cache);
    index.put(summary('a', { downloads: 4 }));
    index.put(summary('b'));
    index.remove('b');
    index.setDownloads('a', 5);
    index.updated();
    cache.putSummary('c', { broken: true });
    await cache.close();
    const again = new Cache(folder);
    onTestFinished(() => again.close());
    const restored = new PackageIndex(again);
    expect([...restored.all()]).toEqual([summary('a', { downloads: 5 })]);
    expect(restored.updatedAt).toBe(index.updatedAt);
  });
});
