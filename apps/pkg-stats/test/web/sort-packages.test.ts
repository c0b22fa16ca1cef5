import { describe, expect, it } from 'vitest';
import { sortPackages } from '../../src/pages/sort-packages.js';
import { packageOf } from '../support/shelf-worker.js';

const packages = [
  packageOf('b', { downloads: null, publishedAt: 3 }),
  packageOf('c', { downloads: 5, publishedAt: null }),
  packageOf('a', { downloads: 0, publishedAt: 2 }),
  packageOf('d', { downloads: 5, publishedAt: 1 }),
];

describe('sortPackages', () => {
  it.each([
    ['name', 'ascending', 'abcd'],
    ['name', 'descending', 'dcba'],
    ['downloads', 'ascending', 'acdb'],
    ['downloads', 'descending', 'cdab'],
    ['published', 'ascending', 'dabc'],
    ['published', 'descending', 'badc'],
  ] as const)('PS-3 sorts by %s, %s, with what is unknown last', (key, direction, expected) => {
    const sorted = sortPackages(packages, { key, direction });
    expect(sorted.map(({ name }) => name).join('')).toBe(expected);
  });
});
