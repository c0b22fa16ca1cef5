import type { JSX } from 'preact';
import { FEEDS, type Feed, type FeedName, type Freshness } from '../contract.js';
import { Boundary } from './boundary.js';
import { formatNumberOf } from './format.js';
import { Heading } from './heading.js';
import { useInteractive } from './interactive.js';
import { FailureNotice, StaleCountsNotice } from './notices.js';
import { PackageList } from './package-list.js';
import { TimeAgo } from './time-ago.js';
import type { Feeds, HomeView } from './view.js';

const TITLES: Readonly<Record<FeedName, string>> = {
  popular: 'Most popular',
  newest: 'Newest',
  random: 'Random',
};

export function HomePage({ view: { feeds, failure, at } }: { view: HomeView }): JSX.Element {
  const index = indexOf(feeds);
  return (
    <>
      <div class="intro">
        <Heading>Discover npm packages</Heading>
        {index && index.size > 0 && <IndexSize index={index} now={at} />}
        {index?.size === 0 && <EmptyIndex />}
        <StaleCountsNotice freshness={countsOf(feeds)} now={at} />
        <LiveControl />
      </div>
      {failure && <FailureNotice failure={failure} />}
      <div class="feeds">
        {FEEDS.map((name) => (
          <FeedSection key={name} name={name} feed={feeds[name]} now={at} isFailed={failure !== null} />
        ))}
      </div>
    </>
  );
}

/** As the feed says that came last. */
function indexOf(feeds: Feeds): Feed['index'] | undefined {
  const indexes = FEEDS.flatMap((name) => feeds[name]?.index ?? []);
  return indexes.toSorted((a, b) => (b.updatedAt ?? 0) - (a.updatedAt ?? 0))[0];
}

/** Of the oldest counts that are shown. */
function countsOf(feeds: Feeds): Freshness | null {
  const found = FEEDS.flatMap((name) => feeds[name]?.downloadsFreshness ?? []);
  return found.filter(({ problem }) => problem !== null).toSorted((a, b) => a.asOf - b.asOf)[0] ?? null;
}

function IndexSize({ index, now }: { index: Feed['index']; now: number }): JSX.Element {
  return (
    <p class="index-size">
      {formatNumberOf(index.size, 'package')} in the index,{' '}
      {index.updatedAt === null ? (
        'which are those that were looked at'
      ) : (
        <>
          brought up to date <TimeAgo time={index.updatedAt} now={now} />
        </>
      )}
    </p>
  );
}

function EmptyIndex(): JSX.Element {
  return (
    <p class="lead">
      There is nothing in the index yet: packages appear here as they are looked at. Write something into the search
      box, such as <code>parse json</code>, <code>pkg:express</code>, or <code>@sindresorhus</code>.
    </p>
  );
}

function LiveControl(): JSX.Element | null {
  const interactive = useInteractive();
  if (!interactive) return null;
  const { isPaused, newPackages, setPaused } = interactive;
  return (
    <div class="live">
      <button type="button" onClick={() => setPaused(!isPaused)}>
        {isPaused ? 'Resume live updates' : 'Pause live updates'}
      </button>
      <span role="status">
        {newPackages > 0 && `${formatNumberOf(newPackages, 'new package')} since you opened this page`}
      </span>
    </div>
  );
}

interface FeedSectionProps {
  readonly name: FeedName;
  readonly feed: Feed | undefined;
  readonly now: number;
  readonly isFailed: boolean;
}

function FeedSection({ name, feed, now, isFailed }: FeedSectionProps): JSX.Element {
  return (
    <section class="feed" id={name} aria-labelledby={`${name}-title`}>
      <h2 id={`${name}-title`}>{TITLES[name]}</h2>
      {feed && feed.packages.length > 0 && (
        <Boundary name="this list">
          <PackageList packages={feed.packages} now={now} isShort level="h3" />
        </Boundary>
      )}
      {feed?.packages.length === 0 && <p>No packages yet.</p>}
      {!feed && !isFailed && <p class="loading">Loading …</p>}
    </section>
  );
}
