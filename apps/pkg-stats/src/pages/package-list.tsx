import type { JSX } from 'preact';
import type { PackageSummary } from '../contract.js';
import { formatCount } from './format.js';
import { PackageLink } from './package-link.js';
import { TimeAgo } from './time-ago.js';
import { UserLink } from './user-link.js';

interface PackageListProps {
  readonly packages: readonly PackageSummary[];
  readonly now: number;
  /** Of a feed there is less to each. */
  readonly isShort?: boolean;
  /** Of the items. */
  readonly level: 'h2' | 'h3';
}

export function PackageList({ packages, now, isShort = false, level: Level }: PackageListProps): JSX.Element {
  return (
    <ol class={isShort ? 'packages short' : 'packages'}>
      {packages.map((item) => (
        <li key={item.name}>
          <Level class="name">
            <PackageLink name={item.name} /> <span class="version">{item.version}</span>
          </Level>
          {item.description !== '' && <p class="description">{item.description}</p>}
          <p class="meta">
            <span>
              {item.downloads === null ? 'downloads unknown' : `${formatCount(item.downloads)} weekly downloads`}
            </span>
            <span>{item.publishedAt === null ? 'date unknown' : <TimeAgo time={item.publishedAt} now={now} />}</span>
            {!isShort && <Maintainers names={item.maintainers} />}
          </p>
        </li>
      ))}
    </ol>
  );
}

/** Of each, the first three. */
function Maintainers({ names }: { names: readonly string[] }): JSX.Element | null {
  if (names.length === 0) return null;
  return (
    <span>
      by{' '}
      {names.slice(0, 3).map((name, index) => (
        <>
          {index > 0 && ', '}
          <UserLink name={name} />
        </>
      ))}
      {names.length > 3 && ` and ${names.length - 3} more`}
    </span>
  );
}
