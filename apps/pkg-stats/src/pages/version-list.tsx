import type { JSX } from 'preact';
import type { PackageDetails } from '../contract.js';
import { formatCount } from './format.js';
import { TimeAgo } from './time-ago.js';

interface VersionListProps {
  readonly versions: PackageDetails['versions'];
  /** Of all: `versions` may be the newest of them. */
  readonly count: number;
  readonly now: number;
}

export function VersionList({ versions, count, now }: VersionListProps): JSX.Element {
  return (
    <section>
      <h2>
        Versions <span class="count">{formatCount(count)}</span>
      </h2>
      <details>
        <summary>
          {versions.length < count ? `Show the newest ${formatCount(versions.length)}` : 'Show all versions'}
        </summary>
        <ul class="versions">
          {versions.map(({ version, publishedAt, tags, deprecated }) => (
            <li key={version}>
              <span class="number">{version}</span>
              {tags.map((tag) => (
                <span key={tag} class="tag">
                  {tag}
                </span>
              ))}
              {deprecated && <span class="tag warning">deprecated</span>}
              <TimeAgo time={publishedAt} now={now} />
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}
