import { describe, expect, it } from 'vitest';
import { pathOf, readAddress } from '../../src/pages/address.js';

const read = (path: string) => readAddress(new URL(path, 'http://localhost'));

describe('addresses', () => {
  it.each(['/', '/search?q=http+client', '/search?q=a%26b&page=3', '/package/react', '/package/@a/b', '/user/ann'])(
    '%s is read and written alike',
    (path) => {
      expect(pathOf(read(path))).toBe(path);
    },
  );

  it.each([
    ['/package/%40a%2Fb', '/package/@a/b'],
    ['/package/react/', '/package/react'],
    ['/search?q=pkg:react', '/package/react'],
    ['/search?q=%40ann', '/user/ann'],
    ['/search?q=x&page=1', '/search?q=x'],
    ['/search?q=x&page=-1', '/search?q=x'],
    ['/search?q=x&page=1.5', '/search?q=x'],
    ['/search?q=x&page=999999', '/search?q=x&page=250'],
  ])('%s is another way to write %s', (path, canonical) => {
    expect(pathOf(read(path))).toBe(canonical);
  });

  it.each([
    '/package',
    '/package/',
    '/package/a/b',
    '/package/a%20b',
    '/package/%E0%A4%A',
    '/user/',
    '/user/a/b',
    '/x',
  ])('%s is no page', (path) => {
    expect(readAddress(new URL(`http://localhost${path}`)).kind).toBe('lost');
  });
});
