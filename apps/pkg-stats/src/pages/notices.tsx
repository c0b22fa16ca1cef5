import type { ComponentChildren, JSX } from 'preact';
import type { Freshness, Problem } from '../contract.js';
import { Boundary } from './boundary.js';
import { formatAge, isoDate } from './format.js';
import { useInteractive } from './interactive.js';
import type { Failure, Loaded } from './view.js';

/** Of a source, which stands before it. */
const PROBLEMS: Readonly<Record<Problem, string>> = {
  unreachable: 'does not answer',
  slow: 'takes too long to answer',
  'rate-limited': 'is asked too much at the moment',
  failing: 'fails to answer',
};

const FAILURES: Readonly<Record<Failure, string>> = {
  unreachable: `The registry ${PROBLEMS.unreachable}`,
  slow: `The registry ${PROBLEMS.slow}`,
  'rate-limited': `The registry ${PROBLEMS['rate-limited']}`,
  failing: `The registry ${PROBLEMS.failing}`,
  'not-found': 'The registry knows no such thing',
  'no-worker': 'No registry worker is connected, so nothing can be looked up',
  offline: 'The connection to this site was lost',
  late: 'There was no answer in time',
  'too-long': 'It is too long to be shown here',
  refused: 'This cannot be asked for',
};

/** Says how old something is where it should be newer. */
export function StaleNotice({ freshness, now }: { freshness: Freshness; now: number }): JSX.Element | null {
  if (freshness.problem === null) return null;
  return (
    <p class="notice">
      The registry {PROBLEMS[freshness.problem]}; this is from <Age time={freshness.asOf} now={now} />.
    </p>
  );
}

/** The same of counts of downloads: a page that shows them has one such notice. */
export function StaleCountsNotice({ freshness, now }: { freshness: Freshness | null; now: number }) {
  if (!freshness || freshness.problem === null) return null;
  return (
    <p class="quiet age">
      The source of download counts {PROBLEMS[freshness.problem]}; they are from <Age time={freshness.asOf} now={now} />
      .
    </p>
  );
}

/** Why there are no counts at all. */
export function UnknownCounts({ problem }: { problem: Problem | null }): JSX.Element {
  return <p>Downloads are not known{problem && `: the source of counts ${PROBLEMS[problem]}`}.</p>;
}

/** In a sentence. */
function Age({ time, now }: { time: number; now: number }): JSX.Element {
  const age = formatAge(time, now);
  return <time dateTime={isoDate(time)}>{age === 'just now' ? 'a moment ago' : age}</time>;
}

interface FailureNoticeProps {
  readonly failure: Failure;
  /** Whether something else is there to try again by. */
  readonly hasOwnRetry?: boolean;
}

export function FailureNotice({ failure, hasOwnRetry = false }: FailureNoticeProps): JSX.Element {
  const interactive = useInteractive();
  return (
    <div class="notice" role="alert">
      <p>{FAILURES[failure]}.</p>
      {interactive && !hasOwnRetry && failure !== 'not-found' && (
        <button type="button" onClick={interactive.retry}>
          Retry
        </button>
      )}
    </div>
  );
}

interface PartProps<T> {
  readonly part: Loaded<T>;
  /** As in “Loading the README …”. */
  readonly name: string;
  readonly children: (value: T) => ComponentChildren;
}

/** A part of a page, or why it is not there. */
export function Part<T>({ part, name, children }: PartProps<T>): JSX.Element {
  if (part.state === 'loading') return <p class="loading">Loading {name} …</p>;
  if (part.state === 'failed') return <FailureNotice failure={part.failure} />;
  return <Boundary name={name}>{children(part.value)}</Boundary>;
}
