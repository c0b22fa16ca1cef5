import type { JSX } from 'preact';
import { FEEDS, type Feed, type FeedName } from '../contract.js';
import { formatNumberOf } from './format.js';
import { Heading } from './heading.js';
import { useInteractive } from './interactive.js';
import { FailureNotice } from './notices.js';
import { PackageList } from './package-list.js';
import { TimeAgo } from './time-ago.js';
import type { Feeds, HomeView } from './view.js';

const TITLES: Readonly<Record<FeedName, string>> = {
  popular: 'Most popular',
  newest: 'Newest',
  random: 'Random',
};

export function HomePage({ view: { feeds, failure, at } }: { view: HomeView }): JSX.Element {
  return (
    <>
      <div class="intro">
        <Heading>Discover npm packages</Heading>
        <IndexSize feeds={feeds} now={at} />
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
function IndexSize({ feeds, now }: { feeds: Feeds; now: number }): JSX.Element | null {
  const indexes = FEEDS.flatMap((name) => feeds[name]?.index ?? []);
  const [index] = indexes.toSorted((a, b) => (b.updatedAt ?? 0) - (a.updatedAt ?? 0));
  if (!index) return null;
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
      {feed && feed.packages.length > 0 && <PackageList packages={feed.packages} now={now} isShort level="h3" />}
      {feed?.packages.length === 0 && <p>No packages yet.</p>}
      {!feed && !isFailed && <p class="loading">Loading …</p>}
    </section>
  );
}
