import type { JSX } from 'preact';
import { formatAge, formatDate, isoDate } from './format.js';

export function TimeAgo({ time, now }: { time: number | null; now: number }): JSX.Element {
  const dateTime = time === null ? undefined : isoDate(time);
  if (time === null || dateTime === undefined) return <span>unknown</span>;
  return (
    <time dateTime={dateTime} title={formatDate(time)}>
      {formatAge(time, now)}
    </time>
  );
}
