import type { ComponentChildren, JSX } from 'preact';
import type { Freshness, Problem } from '../contract.js';
import { formatAge } from './format.js';
import { useInteractive } from './interactive.js';
import type { Failure, Loaded } from './view.js';

const PROBLEMS: Readonly<Record<Problem, string>> = {
  unreachable: 'The registry does not answer',
  slow: 'The registry takes too long to answer',
  'rate-limited': 'The registry is asked too much at the moment',
  failing: 'The registry fails to answer',
};

const FAILURES: Readonly<Record<Failure, string>> = {
  ...PROBLEMS,
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
  const age = formatAge(freshness.asOf, now);
  return (
    <p class="notice">
      {PROBLEMS[freshness.problem]}; this is from{' '}
      <time dateTime={new Date(freshness.asOf).toISOString()}>{age === 'just now' ? 'a moment ago' : age}</time>.
    </p>
  );
}

export function FailureNotice({ failure }: { failure: Failure }): JSX.Element {
  const interactive = useInteractive();
  return (
    <div class="notice" role="alert">
      <p>{FAILURES[failure]}.</p>
      {interactive && failure !== 'not-found' && (
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
  return <>{children(part.value)}</>;
}
