import type { JSX } from 'preact';
import type { PackageSummary } from '../contract.js';
import { formatCount } from './format.js';
import { useInteractive } from './interactive.js';
import { PackageLink } from './package-link.js';
import { type SortKey, type SortOrder, sortPackages } from './sort-packages.js';
import { TimeAgo } from './time-ago.js';

const COLUMNS = {
  name: { key: 'name', title: 'Package', firstDirection: 'ascending' },
  downloads: { key: 'downloads', title: 'Weekly downloads', firstDirection: 'descending' },
  published: { key: 'published', title: 'Published', firstDirection: 'descending' },
} as const satisfies Record<SortKey, Column>;

interface Column {
  readonly key: SortKey;
  readonly title: string;
  readonly firstDirection: SortOrder['direction'];
}

interface PackageTableProps {
  readonly packages: readonly PackageSummary[];
  readonly now: number;
  readonly order: SortOrder;
}

export function PackageTable({ packages, now, order }: PackageTableProps): JSX.Element {
  return (
    <table class="packages-table">
      <caption class="hidden">Packages, sortable by each column</caption>
      <thead>
        <tr>
          <SortableColumn column={COLUMNS.name} order={order} />
          <th scope="col" class="version">
            Version
          </th>
          <th scope="col" class="description">
            Description
          </th>
          <SortableColumn column={COLUMNS.downloads} order={order} />
          <SortableColumn column={COLUMNS.published} order={order} />
        </tr>
      </thead>
      <tbody>
        {sortPackages(packages, order).map(({ name, version, description, downloads, publishedAt }) => (
          <tr key={name}>
            <th scope="row">
              <PackageLink name={name} />
            </th>
            <td class="version">{version}</td>
            <td class="description">{description}</td>
            <td class="number">{formatCount(downloads)}</td>
            <td class="number">
              <TimeAgo time={publishedAt} now={now} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface ColumnProps {
  readonly column: Column;
  readonly order: SortOrder;
}

function SortableColumn({ column: { key, title, firstDirection }, order }: ColumnProps): JSX.Element {
  const isSorted = order.key === key;
  const other = order.direction === 'ascending' ? 'descending' : 'ascending';
  const interactive = useInteractive();
  return (
    <th scope="col" class={key === 'name' ? undefined : 'number'} aria-sort={isSorted ? order.direction : undefined}>
      {interactive ? (
        <button type="button" onClick={() => interactive.sort({ key, direction: isSorted ? other : firstDirection })}>
          {title}
        </button>
      ) : (
        title
      )}
    </th>
  );
}
