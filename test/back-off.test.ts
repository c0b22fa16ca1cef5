import { expect, it } from 'vitest';
import { BackOff } from '../src/async/back-off.js';

it('delays double up to the bound, and begin anew after a reset', () => {
  const backOff = new BackOff({ min: 100, max: 1_000, jitter: 0 });
  const delays = () => Array.from({ length: 6 }, () => backOff.next());
  expect(delays()).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  backOff.reset();
  expect(backOff.next()).toBe(100);
});

it('delays are random within the jitter, and never above the bound', () => {
  const backOff = new BackOff({ min: 100, max: 150, jitter: 0.5 });
  const delays = Array.from({ length: 200 }, () => backOff.next());
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(50);
  expect(Math.max(...delays)).toBeLessThanOrEqual(150);
  expect(new Set(delays).size).toBeGreaterThan(10);
});
