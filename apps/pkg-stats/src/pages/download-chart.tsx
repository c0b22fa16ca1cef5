import type { JSX } from 'preact';
import type { DownloadHistory } from '../contract.js';
import { formatCount, formatDate } from './format.js';
import { Part, StaleCountsNotice, UnknownCounts } from './notices.js';
import type { Loaded } from './view.js';

type Days = NonNullable<DownloadHistory['days']>;

export function DownloadChart({ part, now }: { part: Loaded<DownloadHistory>; now: number }): JSX.Element {
  return (
    <section class="downloads" aria-labelledby="downloads-title">
      <h2 id="downloads-title">Downloads</h2>
      <Part part={part} name="the downloads">
        {({ days, freshness, problem }) =>
          days && days.length > 0 ? (
            <>
              <StaleCountsNotice freshness={freshness} now={now} />
              <History days={days} />
            </>
          ) : (
            <UnknownCounts problem={problem} />
          )
        }
      </Part>
    </section>
  );
}

function History({ days }: { days: Days }): JSX.Element | null {
  const most = Math.max(...days.map(({ downloads }) => downloads));
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last) return null;
  return (
    <>
      <figure>
        <figcaption>
          <strong>{formatCount(sum(days))}</strong> in {formatCount(days.length)} days, {formatCount(most)} on the
          busiest
        </figcaption>
        <Bars days={days} most={most} />
        <p class="axis" aria-hidden="true">
          <span>{formatDate(first.day)}</span>
          <span>{formatDate(last.day)}</span>
        </p>
      </figure>
      <details>
        <summary>Show by week</summary>
        <WeekTable days={days} />
      </details>
    </>
  );
}

/** One for each day. Its text alternatives are the caption and the table. */
function Bars({ days, most }: { days: Days; most: number }): JSX.Element {
  return (
    <svg class="bars" viewBox={`0 0 ${days.length} 100`} preserveAspectRatio="none" aria-hidden="true">
      {days.map(({ day, downloads }, index) => {
        const height = most === 0 ? 0 : Math.round((downloads / most) * 1000) / 10;
        return (
          <rect key={day} x={index + 0.1} y={100 - height} width="0.8" height={height}>
            <title>{`${formatDate(day)}: ${formatCount(downloads)}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}

function WeekTable({ days }: { days: Days }): JSX.Element {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Week from</th>
          <th scope="col" class="number">
            Downloads
          </th>
        </tr>
      </thead>
      <tbody>
        {weeksOf(days).map((week) => (
          <tr key={week[0]?.day}>
            <td>
              {formatDate(week[0]?.day ?? '')}
              {week.length < 7 && ` (${week.length} days)`}
            </td>
            <td class="number">{formatCount(sum(week))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const sum = (days: Days): number => days.reduce((total, { downloads }) => total + downloads, 0);

/** The newest first, counted from the last day. */
function weeksOf(days: Days): Days[] {
  const weeks: Days[] = [];
  for (let end = days.length; end > 0; end -= 7) weeks.push(days.slice(Math.max(end - 7, 0), end));
  return weeks;
}
