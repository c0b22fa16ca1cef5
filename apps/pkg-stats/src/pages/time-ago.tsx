import type { JSX } from 'preact';
import { formatAge, formatDate } from './format.js';

export function TimeAgo({ time, now }: { time: number | null; now: number }): JSX.Element {
  if (time === null) return <span>unknown</span>;
  return (
    <time dateTime={new Date(time).toISOString()} title={formatDate(time)}>
      {formatAge(time, now)}
    </time>
  );
}
