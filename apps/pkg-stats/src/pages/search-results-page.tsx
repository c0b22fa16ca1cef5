import type { JSX } from 'preact';
import type { SearchPage } from '../contract.js';
import { LAST_PAGE, PAGE_SIZE, searchPath } from './address.js';
import { formatCount, formatNumberOf } from './format.js';
import { Heading } from './heading.js';
import { Part, StaleCountsNotice, StaleNotice } from './notices.js';
import { PackageList } from './package-list.js';
import type { SearchView } from './view.js';

export function SearchResultsPage({ view }: { view: SearchView }): JSX.Element {
  if (view.text === '') {
    return (
      <>
        <Heading>Search</Heading>
        <p>Write something into the search box.</p>
      </>
    );
  }
  return (
    <>
      <Heading>Results for “{view.text}”</Heading>
      <Part part={view.result} name="results">
        {(result) => <Results view={view} result={result} />}
      </Part>
    </>
  );
}

function Results({ view, result }: { view: SearchView; result: SearchPage }): JSX.Element {
  const { packages, total, origin, freshness, downloadsFreshness } = result;
  const first = (view.number - 1) * PAGE_SIZE + 1;
  return (
    <>
      <StaleNotice freshness={freshness} now={view.at} />
      <StaleCountsNotice freshness={downloadsFreshness} now={view.at} />
      {origin === 'index' && freshness.problem === null && (
        <p class="quiet">Found in this site’s own index, not by the registry.</p>
      )}
      {packages.length === 0 ? (
        <p>
          Nothing was found. To open a package by its name write <code>pkg:name</code>, and <code>@user</code> for the
          packages of a user.
        </p>
      ) : (
        <>
          <p class="quiet">
            {formatCount(first)}–{formatCount(first + packages.length - 1)} of {formatNumberOf(total, 'package')}
          </p>
          <PackageList packages={packages} now={view.at} level="h2" />
        </>
      )}
      <Paging text={view.text} number={view.number} total={total} />
    </>
  );
}

interface PagingProps {
  readonly text: string;
  readonly number: number;
  readonly total: number;
}

function Paging({ text, number, total }: PagingProps): JSX.Element | null {
  const last = Math.min(Math.ceil(total / PAGE_SIZE), LAST_PAGE);
  if (last <= 1 && number === 1) return null;
  return (
    <nav class="paging" aria-label="Pages of results">
      {number > 1 && (
        <a rel="prev" href={searchPath(text, Math.min(number - 1, Math.max(last, 1)))}>
          Previous
        </a>
      )}
      <span>
        Page {formatCount(number)} of {formatCount(Math.max(last, 1))}
      </span>
      {number < last && (
        <a rel="next" href={searchPath(text, number + 1)}>
          Next
        </a>
      )}
    </nav>
  );
}
