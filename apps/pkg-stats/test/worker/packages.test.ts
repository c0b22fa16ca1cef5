import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startDownloadSource } from '../support/download-source.js';
import { failureOf, itemsOf, startTestWorker, untilFeed } from '../support/start-test-worker.js';
import { startVerdaccio, type TestRegistry } from '../support/verdaccio.js';

describe('PS-2 packages', () => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startVerdaccio();
    await registry.publish({ name: 'plain', version: '1.0.0', description: 'an old one' });
    await registry.publish({
      name: 'plain',
      version: '1.1.0',
      description: 'A plain package',
      keywords: ['simple', 'small'],
      maintainers: ['ann', 'bob'],
      readme: '# Plain\n\nIt is.',
      files: { 'index.js': 'export const plain = 1;\n', 'lib/deep/more.js': '0;' },
      dependencies: { left: '^1.0.0', extra: '2' },
      manifest: {
        license: 'MIT',
        homepage: 'https://plain.example/',
        repository: { type: 'git', url: 'git+https://github.com/ann/plain.git' },
        bugs: { url: 'javascript:alert(1)' },
        peerDependencies: { right: '*' },
        optionalDependencies: { extra: '2' },
      },
    });
    await registry.publish({ name: '@scope/other', version: '2.0.0', maintainers: ['bob'] });
  });
  afterAll(() => registry.close());

  it('tells everything about one', async () => {
    const { client } = await startTestWorker({ registry: registry.url });
    const { versions, publishedAt, unpackedSize, freshness, ...rest } = await client.package('plain');
    expect(rest).toEqual({
      name: 'plain',
      version: '1.1.0',
      description: 'A plain package',
      keywords: ['simple', 'small'],
      maintainers: ['ann', 'bob'],
      downloads: null,
      downloadsFreshness: null,
      license: 'MIT',
      deprecated: null,
      links: [
        { rel: 'homepage', url: 'https://plain.example/' },
        { rel: 'repository', url: 'https://github.com/ann/plain' },
      ],
      dependencies: [
        { name: 'left', range: '^1.0.0', kind: 'runtime' },
        { name: 'right', range: '*', kind: 'peer' },
        { name: 'extra', range: '2', kind: 'optional' },
      ],
      versionCount: 2,
    });
    expect(versions.map(({ version, tags }) => ({ version, tags }))).toEqual([
      { version: '1.1.0', tags: ['latest'] },
      { version: '1.0.0', tags: [] },
    ]);
    expect(versions[0]?.publishedAt).toBe(publishedAt);
    expect(unpackedSize).toBeGreaterThan(0);
    expect(freshness.problem).toBeNull();
  });

  it('tells one with a scope', async () => {
    const { client } = await startTestWorker({ registry: registry.url });
    expect(await client.package('@scope/other')).toMatchObject({ name: '@scope/other', version: '2.0.0' });
  });

  it('streams its README and its files', async () => {
    const { client } = await startTestWorker({ registry: registry.url });
    expect((await itemsOf(client.readme('plain'))).join('')).toBe(
      '<h2 id="user-content-plain">Plain</h2>\n<p>It is.</p>',
    );
    expect(await itemsOf(client.readme('@scope/other'))).toEqual([]);
    const files = await itemsOf(client.files('plain'));
    expect(files).toContainEqual({ path: 'index.js', size: 24 });
    expect(files.map(({ path }) => path).sort()).toEqual(['README.md', 'index.js', 'lib/deep/more.js', 'package.json']);
  });

  it('finds the README in the tarball where the registry leaves it out', async () => {
    await registry.publish({ name: 'silent', files: { 'README.md': '# From the tarball\n' } });
    const { client } = await startTestWorker({ registry: registry.url });
    expect(await itemsOf(client.readme('silent'))).toEqual([
      '<h2 id="user-content-from-the-tarball">From the tarball</h2>',
    ]);
  });

  it('streams a long README in pieces', async () => {
    const words = Array.from({ length: 5_000 }, (_, i) => `word😀${i}`).join(' ');
    await registry.publish({ name: 'wordy', readme: words });
    const { client } = await startTestWorker({ registry: registry.url });
    const pieces = await itemsOf(client.readme('wordy'));
    expect(pieces.length).toBeGreaterThan(3);
    for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(16_384);
    expect(pieces.join('')).toBe(`<p>${words}</p>`);
  });

  it.each(['nobody-has-this', '@nobody/has-this', 'constructor', '-'])('says that there is no "%s"', async (name) => {
    const { client } = await startTestWorker({ registry: registry.url });
    const missing = { error: 'NOT_FOUND', data: { name } };
    expect(await failureOf(client.package(name))).toEqual(missing);
    expect(await failureOf(itemsOf(client.readme(name)))).toEqual(missing);
    expect(await failureOf(itemsOf(client.files(name)))).toEqual(missing);
  });

  it.each(['', 'a b', '..', '@x/..', '../x', '@/x', 'a/b', 'x'.repeat(215), 'pkg?x=1'])(
    'refuses the name "%s"',
    async (name) => {
      const { client } = await startTestWorker({ registry: registry.url });
      expect(await failureOf(client.package(name))).toBe('INPUT_INVALID');
      expect(await failureOf(itemsOf(client.readme(name)))).toBe('INPUT_INVALID');
      expect(await failureOf(client.downloads(name))).toBe('INPUT_INVALID');
    },
  );

  it('forgets one that was taken out', async () => {
    await registry.publish({ name: 'fleeting' });
    const { client } = await startTestWorker({ registry: registry.url });
    await untilFeed(client, 'newest', ({ packages }) => packages[0]?.name === 'fleeting');
    expect(await client.package('fleeting')).toMatchObject({ name: 'fleeting' });
    await registry.unpublish('fleeting');
    expect(await failureOf(client.package('fleeting'))).toEqual({ error: 'NOT_FOUND', data: { name: 'fleeting' } });
    await untilFeed(client, 'newest', ({ packages }) => packages.every(({ name }) => name !== 'fleeting'));
  });

  it('does not show an old version when the index has heard of a newer one', async () => {
    await registry.publish({ name: 'moving', version: '1.0.0' });
    const { client } = await startTestWorker({ registry: registry.url, freshFor: 3_600_000 });
    expect((await client.package('moving')).version).toBe('1.0.0');
    await registry.publish({ name: 'moving', version: '2.0.0' });
    await untilFeed(client, 'newest', ({ packages }) => packages[0]?.version === '2.0.0');
    expect((await client.package('moving')).version).toBe('2.0.0');
  });

  it('PS-1 finds packages by text', async () => {
    const { client } = await startTestWorker({ registry: registry.url });
    const page = await client.search({ text: 'plain' });
    expect(page).toMatchObject({ total: 1, origin: 'registry', freshness: { problem: null } });
    expect(page.packages).toMatchObject([{ name: 'plain', version: '1.1.0', keywords: ['simple', 'small'] }]);
    expect(await client.search({ text: 'nothing-has-this' })).toMatchObject({ total: 0, packages: [] });
    for (const text of ['', ' ', 'x'.repeat(201)])
      expect(await failureOf(client.search({ text }))).toBe('INPUT_INVALID');
  });

  it('pages through what it finds, and says that there is more', async () => {
    for (const i of [1, 2, 3]) await registry.publish({ name: `many-${i}` });
    const { client } = await startTestWorker({ registry: registry.url });
    const first = await client.search({ text: 'many-', size: 2 });
    expect(first.packages).toHaveLength(2);
    expect(first.total).toBe(3);
    const rest = await client.search({ text: 'many-', size: 2, from: 2 });
    expect(rest).toMatchObject({ total: 3, packages: [{}] });
    expect(new Set([...first.packages, ...rest.packages].map(({ name }) => name)).size).toBe(3);
  });

  it('PS-3 lists the packages of a user with their downloads', async () => {
    const downloads = await startDownloadSource();
    onTestFinished(() => downloads.close());
    downloads.set('plain', 700);
    downloads.set('@scope/other', 7);
    const { client } = await startTestWorker({ registry: registry.url, downloads: downloads.url });
    await untilFeed(client, 'popular', ({ packages }) => packages.length > 1);
    const user = await client.user('bob');
    // Verdaccio does not know how to search by maintainer: what the index has may not be all.
    expect(user).toMatchObject({ name: 'bob', isComplete: false, freshness: { problem: null } });
    const counts = user.packages.map(({ name, downloads: count }) => [name, count]).sort();
    expect(counts).toEqual([
      ['@scope/other', 7],
      ['plain', 700],
    ]);
    expect(await failureOf(client.user('nobody'))).toEqual({ error: 'NOT_FOUND', data: { name: 'nobody' } });
    expect(await failureOf(client.user('a/b'))).toBe('INPUT_INVALID');
  });

  it('lists the names of the index', async () => {
    const { client } = await startTestWorker({ registry: registry.url });
    await untilFeed(client, 'newest', ({ index }) => index.updatedAt !== null);
    const names = (await itemsOf(client.names())).flat();
    expect(names).toContainEqual({ name: 'plain', publishedAt: expect.any(Number) });
    expect(names).toContainEqual({ name: '@scope/other', publishedAt: expect.any(Number) });
  });
});
