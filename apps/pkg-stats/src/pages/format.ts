const COUNT = new Intl.NumberFormat('en-US');
const DATE = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeZone: 'UTC' });

const UNITS = ['bytes', 'kB', 'MB', 'GB'] as const;

const AGES = [
  ['year', 31_556_952_000],
  ['month', 2_629_746_000],
  ['week', 604_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

export const formatCount = (count: number | null): string => (count === null ? 'unknown' : COUNT.format(count));

/** The same wherever it is read: in UTC. */
export function formatDate(time: number | string): string {
  const date = new Date(time);
  return isDate(date) ? DATE.format(date) : 'unknown';
}

/** For machines; undefined where it is no time that there is. */
export function isoDate(time: number): string | undefined {
  const date = new Date(time);
  return isDate(date) ? date.toISOString() : undefined;
}

/** With its noun: `1 package`, `2 packages`. */
export const formatNumberOf = (count: number, noun: string): string =>
  `${COUNT.format(count)} ${noun}${count === 1 ? '' : 's'}`;

export function formatBytes(bytes: number): string {
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[step]}`;
}

/** How long before `now` it was. */
export function formatAge(time: number, now: number): string {
  if (!isDate(new Date(time))) return 'unknown';
  const age = now - time;
  for (const [unit, length] of AGES) {
    if (age >= length) return `${formatNumberOf(Math.floor(age / length), unit)} ago`;
  }
  return 'just now';
}

/** Others tell the times: a number, or a text, need not be one. */
const isDate = (date: Date): boolean => !Number.isNaN(date.getTime());
