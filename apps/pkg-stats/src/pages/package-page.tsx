import type { JSX } from 'preact';
import type { PackageDetails } from '../contract.js';
import { searchPath } from './address.js';
import { Boundary } from './boundary.js';
import { DependencyList } from './dependency-list.js';
import { DownloadChart } from './download-chart.js';
import { FileList } from './file-list.js';
import { Heading } from './heading.js';
import { FailureNotice, Part, StaleCountsNotice, StaleNotice } from './notices.js';
import { PackageFacts } from './package-facts.js';
import { Readme } from './readme.js';
import { TimeAgo } from './time-ago.js';
import { VersionList } from './version-list.js';
import type { PackageView } from './view.js';

export function PackagePage({ view }: { view: PackageView }): JSX.Element {
  const { name, details, at } = view;
  if (details.state === 'failed') return <NoPackage name={name} failure={details.failure} />;
  return (
    <article class="package">
      <div class="title">
        <Heading>{name}</Heading>
        <Part part={details} name="the package">
          {(value) => <Summary details={value} now={at} />}
        </Part>
      </div>
      <div class="side">
        {details.state === 'ready' && (
          <Boundary name="what is known of the package">
            <PackageFacts details={details.value}>
              {!hasStaleHistory(view) && <StaleCountsNotice freshness={details.value.downloadsFreshness} now={at} />}
            </PackageFacts>
          </Boundary>
        )}
        <DownloadChart part={view.downloads} now={at} />
      </div>
      <div class="content">
        <Readme part={view.readme} />
        {details.state === 'ready' && (
          <>
            <Boundary name="what it depends on">
              <DependencyList dependencies={details.value.dependencies} />
            </Boundary>
            <Boundary name="the list of versions">
              <VersionList versions={details.value.versions} count={details.value.versionCount} now={at} />
            </Boundary>
            <FileList key={details.value.version} name={name} />
          </>
        )}
      </div>
    </article>
  );
}

/** Then the chart says how old the counts are. */
const hasStaleHistory = ({ downloads }: PackageView): boolean =>
  downloads.state === 'ready' && (downloads.value.freshness?.problem ?? null) !== null;

function NoPackage({ name, failure }: { name: string; failure: Parameters<typeof FailureNotice>[0]['failure'] }) {
  if (failure !== 'not-found') {
    return (
      <>
        <Heading>{name}</Heading>
        <FailureNotice failure={failure} />
      </>
    );
  }
  return (
    <>
      <Heading>There is no package {name}</Heading>
      <p>
        The registry knows no package of this name. You can{' '}
        <a href={searchPath(name.replace(/^@/, ''))}>search for it</a> instead.
      </p>
    </>
  );
}

function Summary({ details, now }: { details: PackageDetails; now: number }): JSX.Element {
  const { version, publishedAt, description, deprecated, keywords } = details;
  return (
    <>
      <p class="meta">
        <span>
          Version <strong>{version}</strong>
        </span>
        <span>
          published <TimeAgo time={publishedAt} now={now} />
        </span>
      </p>
      <StaleNotice freshness={details.freshness} now={now} />
      {deprecated !== null && (
        <p class="notice warning">
          <strong>Deprecated.</strong> {deprecated}
        </p>
      )}
      {description !== '' && <p class="lead">{description}</p>}
      {keywords.length > 0 && (
        <ul class="keywords" aria-label="Keywords">
          {keywords.map((keyword) => (
            <li key={keyword}>
              <a href={searchPath(keyword)}>{keyword}</a>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
