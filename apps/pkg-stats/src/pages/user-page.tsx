import type { JSX } from 'preact';
import type { UserDetails } from '../contract.js';
import { formatCount, formatNumberOf } from './format.js';
import { Heading } from './heading.js';
import { FailureNotice, Part, StaleNotice } from './notices.js';
import { PackageTable } from './package-table.js';
import type { UserView } from './view.js';

export function UserPage({ view: { name, user, at } }: { view: UserView }): JSX.Element {
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
        {(details) => <Packages user={details} now={at} />}
      </Part>
    </>
  );
}

function Packages({ user, now }: { user: UserDetails; now: number }): JSX.Element {
  const { packages, isComplete, freshness } = user;
  return (
    <>
      <p class="lead">
        {formatNumberOf(packages.length, 'package')}, {downloadsOf(user)}
      </p>
      <StaleNotice freshness={freshness} now={now} />
      {!isComplete && <p class="quiet">These are the packages in this site’s index; there may be more of them.</p>}
      {packages.length > 0 && <PackageTable packages={packages} now={now} />}
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
