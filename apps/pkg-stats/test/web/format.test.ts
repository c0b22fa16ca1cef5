import { describe, expect, it } from 'vitest';
import { formatAge, formatDate, isoDate } from '../../src/pages/format.js';

/** One more ms than a date can have, as JSON can. */
const TOO_LATE = 8.64e15 + 1;

describe('times that others tell', () => {
  it('are dates and ages', () => {
    const time = Date.parse('2026-11-20T12:00:00Z');
    expect(formatDate(time)).toBe('Nov 20, 2026');
    expect(formatDate('2026-11-20')).toBe('Nov 20, 2026');
    expect(isoDate(time)).toBe('2026-11-20T12:00:00.000Z');
    expect(formatAge(time, time + 59_999)).toBe('just now');
    expect(formatAge(time, time + 60_000)).toBe('1 minute ago');
    expect(formatAge(time, time + 7_200_000)).toBe('2 hours ago');
  });

  it.each([TOO_LATE, -TOO_LATE, Number.NaN, Number.MAX_VALUE])('%d is unknown', (time) => {
    expect(formatDate(time)).toBe('unknown');
    expect(formatAge(time, Date.now())).toBe('unknown');
    expect(isoDate(time)).toBeUndefined();
  });

  it.each(['', 'yesterday', '2026-13-45'])('the day %j is unknown', (day) => {
    expect(formatDate(day)).toBe('unknown');
  });
});
