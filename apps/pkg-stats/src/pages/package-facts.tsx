import type { ComponentChildren, JSX } from 'preact';
import type { PackageDetails } from '../contract.js';
import { formatBytes, formatCount } from './format.js';
import { UserLink } from './user-link.js';

const LINKS = { homepage: 'Homepage', repository: 'Repository', issues: 'Issues' } as const;

interface PackageFactsProps {
  readonly details: PackageDetails;
  /** What there is to say of them. */
  readonly children: ComponentChildren;
}

export function PackageFacts({ details, children }: PackageFactsProps): JSX.Element {
  const { downloads, license, unpackedSize, versionCount, maintainers } = details;
  const links = details.links.filter(({ url }) => isWebAddress(url));
  return (
    <section class="facts" aria-labelledby="facts-title">
      <h2 id="facts-title">At a glance</h2>
      <dl>
        <Fact name="Downloads last week">{formatCount(downloads)}</Fact>
        <Fact name="License">{license ?? 'unknown'}</Fact>
        <Fact name="Unpacked size">{unpackedSize === null ? 'unknown' : formatBytes(unpackedSize)}</Fact>
        <Fact name="Versions">{formatCount(versionCount)}</Fact>
        {maintainers.length > 0 && (
          <Fact name="Maintainers">
            <ul class="inline">
              {maintainers.map((name) => (
                <li key={name}>
                  <UserLink name={name} sign="@" />
                </li>
              ))}
            </ul>
          </Fact>
        )}
        {links.length > 0 && (
          <Fact name="Links">
            <ul class="inline">
              {links.map(({ rel, url }) => (
                <li key={rel}>
                  <a href={url} rel="nofollow noopener noreferrer">
                    {LINKS[rel]}
                  </a>
                </li>
              ))}
            </ul>
          </Fact>
        )}
      </dl>
      {children}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Who publishes a package writes its links: one may be a script. */
const isWebAddress = (url: string): boolean => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
