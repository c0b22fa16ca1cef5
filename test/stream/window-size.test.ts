import { describe, expect, it } from 'vitest';
import { MAX_STREAM_WINDOW, MIN_STREAM_WINDOW } from '../../src/protocol/limits.js';
import { type PathConditions, SimulatedPath } from './simulated-path.js';

const MIB_PER_SECOND = 1_048_576 / 1_000;
const KIB = 1_024;

/** 20 ms each way on each of two hops, as `npm run bench` has it. */
const WIDE = { rate: 10 * MIB_PER_SECOND, delay: 40 };

/** Delays vary as they like; each seed has its own. */
const SEEDS = [1, 2, 3];

/** In a steady state, reached 23 seconds ago. */
function steady(conditions: Partial<PathConditions>, seed: number): SimulatedPath {
  const path = new SimulatedPath({ ...WIDE, jitter: 5, ...conditions }, seed);
  path.run(23_000);
  return path;
}

describe.each(SEEDS)('CS-3 the window of a stream, with delays at random (%i)', (seed) => {
  it('fills 10 MiB/s over 80 ms, and leaves little in the queue', () => {
    const path = new SimulatedPath({ ...WIDE, jitter: 5 }, seed);
    const start = path.run(3_000);
    expect(start.share).toBeGreaterThan(0.8);
    expect(start.mostQueue).toBeLessThan(1_200 * KIB);
    const then = path.run(60_000);
    expect(then.share).toBeGreaterThan(0.95);
    expect(then.meanQueue).toBeLessThan(400 * KIB);
    expect(then.mostQueue).toBeLessThan(700 * KIB);
  });

  it('fills 10 MiB/s over 20 ms', () => {
    const path = new SimulatedPath({ ...WIDE, delay: 10, jitter: 2 }, seed);
    path.run(3_000);
    const { share, meanQueue } = path.run(30_000);
    expect(share).toBeGreaterThan(0.95);
    expect(meanQueue).toBeLessThan(300 * KIB);
  });

  it('grows to 150 MB/s times 100 ms within two seconds and a half', () => {
    const path = new SimulatedPath({ rate: 150_000, delay: 50, jitter: 5 }, seed);
    expect(path.timeToReach(0.8)).toBeLessThanOrEqual(2_500);
    const { share, window } = path.run(20_000);
    expect(share).toBeGreaterThan(0.9);
    expect(window).toBeLessThanOrEqual(MAX_STREAM_WINDOW);
  });

  it('does not collapse on a fast network without delay', () => {
    const path = new SimulatedPath({ rate: 300_000, delay: 0.15, jitter: 0.1 }, seed);
    expect(path.run(1_000).share).toBeGreaterThan(0.9);
    expect(path.run(15_000).share).toBeGreaterThan(0.95);
  });

  it('does not collapse where delays vary by half', () => {
    const path = new SimulatedPath({ ...WIDE, jitter: 20 }, seed);
    path.run(10_000);
    expect(path.run(60_000).share).toBeGreaterThan(0.9);
  });

  it('shrinks when the reader becomes slow, and grows again when it is fast', () => {
    const path = steady({}, seed);
    path.change({ readRate: 500 });
    path.run(20_000);
    const slow = path.run(10_000);
    expect(slow.window).toBeLessThanOrEqual(MIN_STREAM_WINDOW * 1.5);
    expect(slow.mostUnread).toBeLessThanOrEqual(MIN_STREAM_WINDOW * 2);
    path.change({ readRate: Number.POSITIVE_INFINITY });
    expect(path.timeToReach(0.9)).toBeLessThanOrEqual(6_000);
  });

  it('shrinks when the link becomes four times slower, and grows again when it is fast', () => {
    const path = steady({}, seed);
    path.change({ rate: WIDE.rate / 4 });
    expect(path.run(10_000).share).toBeGreaterThan(0.9);
    const { share, meanQueue } = path.run(20_000);
    expect(share).toBeGreaterThan(0.9);
    expect(meanQueue).toBeLessThan(200 * KIB);
    path.change({ rate: WIDE.rate });
    expect(path.timeToReach(0.9)).toBeLessThanOrEqual(5_000);
  });

  it('keeps the queue short when the link becomes slow just as it measures', () => {
    const path = new SimulatedPath({ ...WIDE, jitter: 5 }, seed);
    path.run(20_000);
    path.change({ rate: WIDE.rate / 4 });
    path.run(10_000);
    expect(path.run(10_000).meanQueue).toBeLessThan(200 * KIB);
  });

  it('grows when the delay doubles, in some seconds', () => {
    const path = steady({}, seed);
    path.change({ delay: 2 * WIDE.delay });
    path.run(8_000);
    const { share, meanQueue } = path.run(20_000);
    expect(share).toBeGreaterThan(0.9);
    expect(meanQueue).toBeLessThan(600 * KIB);
  });

  it('shrinks when the delay becomes half', () => {
    const path = steady({ delay: 2 * WIDE.delay }, seed);
    path.change({ delay: WIDE.delay });
    path.run(20_000);
    const { share, meanQueue } = path.run(20_000);
    expect(share).toBeGreaterThan(0.9);
    expect(meanQueue).toBeLessThan(400 * KIB);
  });

  it('goes on after half a minute without data', () => {
    const path = steady({}, seed);
    path.change({ sending: false });
    path.run(30_000);
    path.change({ sending: true });
    expect(path.timeToReach(0.9)).toBeLessThanOrEqual(3_000);
    expect(path.run(5_000).meanQueue).toBeLessThan(400 * KIB);
  });

  it('does not take the pauses of a sender for distance', () => {
    const path = new SimulatedPath({ ...WIDE, jitter: 5 }, seed);
    path.run(19_500);
    path.change({ sending: false });
    for (let time = 0; time < 9; time++) {
      path.run(1_000);
      path.change({ sending: true });
      path.change({ sending: false });
    }
    path.change({ sending: true });
    expect(path.run(5_000).meanQueue).toBeLessThan(500 * KIB);
  });
});
