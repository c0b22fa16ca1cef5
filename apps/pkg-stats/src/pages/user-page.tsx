import type { JSX } from 'preact';
import type { UserDetails } from '../contract.js';
import { formatCount, formatNumberOf } from './format.js';
import { Heading } from './heading.js';
import { FailureNotice, Part, StaleCountsNotice, StaleNotice } from './notices.js';
import { PackageTable } from './package-table.js';
import type { UserView } from './view.js';

export function UserPage({ view }: { view: UserView }): JSX.Element {
  const { name, user } = view;
  if (user.state === 'failed') {
    const isUnknown = user.failure === 'not-found';
    return (
      <>
        <Heading>{isUnknown ? `There is no user ${name}` : `@${name}`}</Heading>
        {isUnknown ? <p>No package here has a maintainer of this name.</p> : <FailureNotice failure={user.failure} />}
      </>
    );
  }
  return (
    <>
      <Heading>@{name}</Heading>
      <Part part={user} name="the packages">
        {(details) => <Packages user={details} view={view} />}
      </Part>
    </>
  );
}

function Packages({ user, view: { at, order } }: { user: UserDetails; view: UserView }): JSX.Element {
  const { packages, isComplete, freshness, downloadsFreshness } = user;
  return (
    <>
      <p class="lead">
        {formatNumberOf(packages.length, 'package')}, {downloadsOf(user)}
      </p>
      <StaleNotice freshness={freshness} now={at} />
      <StaleCountsNotice freshness={downloadsFreshness} now={at} />
      {!isComplete && <p class="quiet">These are the packages in this site’s index; there may be more of them.</p>}
      {packages.length > 0 && <PackageTable packages={packages} now={at} order={order} />}
    </>
  );
}

/** A sum is given for what is known, and says so. */
function downloadsOf({ packages }: UserDetails): string {
  const known = packages.flatMap(({ downloads }) => downloads ?? []);
  if (known.length === 0) return 'downloads are not known';
  const total = `${formatCount(known.reduce((sum, count) => sum + count, 0))} downloads in the last week`;
  const unknown = packages.length - known.length;
  return unknown === 0 ? total : `${total}, without ${formatCount(unknown)} whose downloads are not known`;
}
