import { expect, it } from 'vitest';
import { formatBytes, formatProgress, formatSummary, formatTime, ProgressLine } from '../src/cli/progress-line.js';

const MIB = 1_048_576;

it('progress shows the share, a bar, the bytes, the rate and the time left', () => {
  const figures = { label: 'sent', done: 25 * MIB, total: 100 * MIB, rate: 10 * MIB };
  expect(formatProgress({ ...figures, columns: 80 })).toBe(
    'sent   25 %  [=====              ]  25.0 MiB of 100.0 MiB  10.0 MiB/s  0:08 left',
  );
  expect(formatProgress({ ...figures, rate: 0, columns: 200 })).toContain('-:-- left');
});

it('progress without a known size shows bytes and rate', () => {
  const figures = { label: 'received', done: 3 * MIB, total: undefined, rate: 1_024, columns: 80 };
  expect(formatProgress(figures)).toBe('received  3.0 MiB  1.0 KiB/s');
});

it.each([1, 10, 40, 60, 79, 200])('progress is never longer than a terminal of %i columns', (columns) => {
  const figures = { label: 'x'.repeat(300), done: 5, total: 10, rate: 1, columns };
  expect(formatProgress(figures).length).toBeLessThanOrEqual(columns);
  expect(formatProgress({ ...figures, total: undefined }).length).toBeLessThanOrEqual(columns);
});

it('progress stays within 0 and 100 % whatever was announced', () => {
  const figures = { label: 'sent', rate: 1, columns: 80 };
  expect(formatProgress({ ...figures, done: 7, total: 5 })).toContain(' 100 %');
  expect(formatProgress({ ...figures, done: 0, total: 0 })).toContain(' 100 %');
  expect(formatProgress({ ...figures, done: 999_999, total: 1_000_000 })).toContain(' 99 %');
});

it('bytes and times are short', () => {
  expect([0, 1_023, 1_024, 1_536 * 1_024, 2 ** 60].map(formatBytes)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 MiB',
    '1048576.0 TiB',
  ]);
  expect([0, 9_400, 60_000, 3_599_000, 3_600_000, 90_061_000].map(formatTime)).toEqual([
    '0:00',
    '0:09',
    '1:00',
    '59:59',
    '1:00:00',
    '25:01:01',
  ]);
  expect(formatSummary({ label: 'a.bin', done: 10 * MIB }, 5_000)).toBe('a.bin  10.0 MiB in 0:05, 2.0 MiB/s');
});

it('where there is no terminal, nothing is written', () => {
  const written: string[] = [];
  const part = new ProgressLine({ write: (text) => written.push(text) }).begin('sent', 10);
  part.advance(10);
  part.end(true);
  expect(written).toEqual([]);
});

it('on a terminal a summary stays of what went well, and nothing of what did not', () => {
  const written: string[] = [];
  const line = new ProgressLine({ isTTY: true, columns: 80, write: (text) => written.push(text) });
  const [good, bad] = [line.begin('good', 10), line.begin('bad', 10)];
  good.advance(10);
  bad.advance(5);
  good.end(true);
  bad.end(false);
  expect(written.join('')).toMatch(/^good {2}10 B in 0:00, \S+ \S+\/s\n$/);
});
