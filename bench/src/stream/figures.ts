import { type Spread, spreadOf } from '../statistics.js';
import type { ContestantName } from './contestants.js';
import type { FairnessSample } from './fairness.js';
import { NARROW_LINK, type SmallMessagesSample } from './small-messages.js';
import type { Stop, StopSample } from './stopped-receiver.js';
import type { ThroughputSample } from './throughput.js';

/** Bytes. */
export const MB = 1_000_000;

export const megabytesPerSecond = ({ bytes, elapsedMs }: { bytes: number; elapsedMs: number }): number =>
  bytes / MB / (elapsedMs / 1_000);

export const cpuPerMegabyte = ({ cpuMicros, bytes }: ThroughputSample): number => cpuMicros / (bytes / MB);

/** One figure of one contestant over all rounds. */
export function figure(
  samples: readonly ThroughputSample[],
  contestant: ContestantName,
  of: (sample: ThroughputSample) => number,
): Spread {
  return spreadOf(samples.filter((sample) => sample.contestant === contestant).map(of));
}

/** The figure of one contestant over that of another, taken round by round. */
export function ratioOf(
  samples: readonly ThroughputSample[],
  [above, below]: readonly [ContestantName, ContestantName],
  of: (sample: ThroughputSample) => number,
): Spread {
  const bases = samples.filter((sample) => sample.contestant === below);
  const base = ({ start, round }: ThroughputSample) =>
    bases.find((sample) => sample.start === start && sample.round === round)!;
  return spreadOf(
    samples.filter((sample) => sample.contestant === above).map((sample) => of(sample) / of(base(sample))),
  );
}

/** What the slowest stream delivered, over the mean of all. */
export function slowestOverMean(samples: readonly FairnessSample[]): Spread {
  return spreadOf(samples.map(({ bytes }) => Math.min(...bytes) / (sum(bytes) / bytes.length)));
}

/** Of all streams together, in MB/s. */
export function totalRate(samples: readonly FairnessSample[]): Spread {
  return spreadOf(samples.map(({ bytes, elapsedMs }) => megabytesPerSecond({ bytes: sum(bytes), elapsedMs })));
}

/** What a stream adds to the 99th percentile of small messages, in ms. */
export function addedP99(samples: readonly SmallMessagesSample[], when: 'fromStart' | 'steady'): Spread {
  return spreadOf(samples.map((sample) => sample[when].p99 - sample.idle.p99));
}

/** The part of a narrow link that a stream fills. */
export function linkShare(samples: readonly SmallMessagesSample[]): Spread {
  return spreadOf(samples.map((sample) => (megabytesPerSecond(sample) * MB) / NARROW_LINK.rate));
}

export function samplesOfStop(samples: readonly StopSample[], { how, delay }: Stop): StopSample[] {
  return samples.filter((sample) => sample.how === how && sample.delay === delay);
}

/** What the server's RSS was over its idle one, at most, while the receiver was stopped, in MB. */
export function stopGrowth(samples: readonly StopSample[]): Spread {
  return spreadOf(samples.map(({ stopped, idle }) => (stopped - idle) / MB));
}

/** What the server kept for a stopped receiver, in MB. */
export function stopHeld(samples: readonly StopSample[]): Spread {
  return spreadOf(samples.map(({ held }) => held / MB));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
