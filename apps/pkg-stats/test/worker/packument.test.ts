import { describe, expect, it } from 'vitest';
import { MAX_README, readPackument } from '../../src/worker/packument.js';
import { SourceError } from '../../src/worker/source-errors.js';
import { repositoryPage } from '../../src/worker/web-address.js';

const packument = (manifest: object = {}, more: object = {}) => ({
  name: 'a',
  'dist-tags': { latest: '1.0.0' },
  versions: { '1.0.0': { name: 'a', version: '1.0.0', ...manifest } },
  ...more,
});

describe('a packument', () => {
  it.each([
    null,
    1,
    'a',
    [],
    {},
    { name: 'a' },
    { name: 'b', versions: {} },
    { name: 'a', versions: { '1.0.0': null } },
  ])('is none, which says nothing about the package: %j', (json) =>
    expect(() => readPackument(json, 'a')).toThrow(SourceError),
  );

  it.each([{ versions: {} }, { time: { unpublished: { time: '2026-01-01' } } }])(
    'may say that nothing is left: %j',
    (more) => expect(readPackument({ name: 'a', ...more }, 'a')).toBeUndefined(),
  );

  it('has clean text, and was not published in the future', () => {
    const json = packument(
      { description: 'a\u202eb\u0000c\u2066d\ud800e\u001bf\ng', keywords: ['k\u200f'], deprecated: '\u061cno' },
      { readme: '# a\u0000\u202e\n\tb', time: { '1.0.0': new Date(Date.now() + 172_800_000).toISOString() } },
    );
    expect(readPackument(json, 'a')).toMatchObject({
      details: { description: 'abcdef g', keywords: ['k'], deprecated: 'no', publishedAt: null },
      readme: '# a\n\tb',
    });
  });

  it.each([
    null,
    1,
    true,
    '',
    [],
    {},
    [null],
    [{}],
    { url: 1 },
    { name: {} },
    'x'.repeat(1_000_000),
    JSON.parse('{"__proto__":{"url":"x"}}'),
  ])('may have anything anywhere: %#', (anything) => {
    const fields = [
      'description',
      'keywords',
      'license',
      'licenses',
      'deprecated',
      'homepage',
      'repository',
      'bugs',
      'dist',
    ];
    fields.push('dependencies', 'peerDependencies', 'optionalDependencies', 'maintainers', '_npmUser', 'readme');
    const manifest = Object.fromEntries(fields.map((field) => [field, anything]));
    const more = { maintainers: anything, time: anything, readme: anything, 'dist-tags': anything };
    const record = readPackument(packument(manifest, more), 'a');
    expect(record?.details).toMatchObject({ name: 'a', version: '1.0.0', publishedAt: null });
    expect(JSON.stringify(record).length).toBeLessThan(MAX_README + 20_000);
  });

  it('gets nothing from names that every object knows', () => {
    const json = JSON.parse('{"name":"a","dist-tags":{"latest":"__proto__"},"versions":{"__proto__":{"version":"1"}}}');
    expect(readPackument(json, 'a')?.details.version).toBe('__proto__');
    expect(
      readPackument({ name: 'a', versions: { '1.0.0': {} }, 'dist-tags': { latest: 'constructor' } }, 'a'),
    ).toMatchObject({
      details: { version: '1.0.0' },
    });
    expect(({} as Record<string, unknown>).version).toBeUndefined();
  });

  it('has maintainers of its own, of its version, or who has published it', () => {
    const of = (manifest: object, more: object) => readPackument(packument(manifest, more), 'a')?.details.maintainers;
    const last = { maintainers: ['bob <bob@example.org>'], _npmUser: { name: 'cid' } };
    expect(of(last, { maintainers: [{ name: 'ann' }, { name: 'ann' }] })).toEqual(['ann']);
    expect(of(last, {})).toEqual(['bob']);
    expect(of({ _npmUser: { name: 'cid' } }, { maintainers: [] })).toEqual(['cid']);
    expect(of({}, {})).toEqual([]);
  });

  it('tells a hundred versions, the newest first, and how many there are', () => {
    const numbers = Array.from({ length: 150 }, (_, i) => i);
    const versions = Object.fromEntries(numbers.map((i) => [`1.0.${i}`, i === 149 ? { deprecated: 'do not' } : {}]));
    const time = Object.fromEntries(numbers.map((i) => [`1.0.${i}`, new Date(1_000_000 + i).toISOString()]));
    const record = readPackument({ name: 'a', versions, time, 'dist-tags': { latest: '1.0.3', next: '1.0.149' } }, 'a');
    expect(record?.details.versionCount).toBe(150);
    expect(record?.details.versions).toHaveLength(100);
    expect(record?.details.versions[0]).toEqual({
      version: '1.0.149',
      publishedAt: 1_000_149,
      tags: ['next'],
      deprecated: true,
    });
    expect(record?.details).toMatchObject({ version: '1.0.3', publishedAt: 1_000_003, deprecated: null });
  });

  it.each([
    ['git+https://github.com/u/r.git', 'https://github.com/u/r'],
    ['git://github.com/u/r.git', 'https://github.com/u/r'],
    ['git+ssh://git@github.com/u/r.git', 'https://github.com/u/r'],
    ['ssh://git@gitlab.com/u/r.git#main', 'https://gitlab.com/u/r'],
    ['git@github.com:u/r.git', 'https://github.com/u/r'],
    ['github:u/r', 'https://github.com/u/r'],
    ['gitlab:u/g/r', 'https://gitlab.com/u/g/r'],
    ['u/r', 'https://github.com/u/r'],
    ['https://token@github.com/u/r/', 'https://github.com/u/r'],
    ['http://code.example/r', 'http://code.example/r'],
    ['javascript:alert(1)', undefined],
    ['git+javascript:alert(1)', undefined],
    ['data:text/html,x', undefined],
    ['file:///etc/passwd', undefined],
    ['nothing', undefined],
    ['', undefined],
  ])('has a repository "%s" at %s', (text, page) => expect(repositoryPage(text)).toBe(page));
});
