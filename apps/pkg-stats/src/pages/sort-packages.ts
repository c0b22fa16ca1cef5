import type { PackageSummary } from '../contract.js';

export type SortKey = 'name' | 'downloads' | 'published';

export interface SortOrder {
  readonly key: SortKey;
  readonly direction: 'ascending' | 'descending';
}

export const FIRST_ORDER: SortOrder = { key: 'downloads', direction: 'descending' };

/** The value is null where it is unknown: those come last, whatever the direction. */
const VALUES: Readonly<Record<SortKey, (item: PackageSummary) => string | number | null>> = {
  name: ({ name }) => name,
  downloads: ({ downloads }) => downloads,
  published: ({ publishedAt }) => publishedAt,
};

export function sortPackages(packages: readonly PackageSummary[], { key, direction }: SortOrder): PackageSummary[] {
  const read = VALUES[key];
  const sign = direction === 'ascending' ? 1 : -1;
  return packages.toSorted((a, b) => {
    const [left, right] = [read(a), read(b)];
    if (left === right) return compare(a.name, b.name);
    if (left === null) return 1;
    if (right === null) return -1;
    return sign * compare(left, right);
  });
}

/** By code units, as a locale would differ between the server and the browser. */
function compare(left: string | number, right: string | number): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
