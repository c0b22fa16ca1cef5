import { type Spread, spreadOf } from '../statistics.js';
import { ratioOfTurns } from '../turn-figures.js';
import type { Turn } from '../turns.js';
import { CALL_KINDS, type CallKind, type CallSample } from './call.js';
import type { ContestantName } from './contestants.js';
import type { MuteEnd, MuteSample } from './mute.js';
import type { MuteMemory } from './mute-rig.js';
import { TOPIC_KINDS, type TopicKind, type TopicSample } from './topic.js';

/** Bytes. */
const MB = 1_000_000;

export const cpuPerCall = ({ cpuMicros, latencies }: CallSample): number => cpuMicros / latencies.count;

export const callsPerSecond = ({ latencies, elapsedMs }: CallSample): number => (latencies.count / elapsedMs) * 1_000;

export const bytesSentPerCall = ({ bytesSent, latencies }: CallSample): number => bytesSent / latencies.count;

/** In µs. */
export const medianLatency = ({ latencies }: CallSample): number => latencies.median * 1_000;

/** In µs. */
export const p99Latency = ({ latencies }: CallSample): number => latencies.p99 * 1_000;

export const cpuPerDelivery = ({ cpuMicros, deliveries }: TopicSample): number => cpuMicros / deliveries;

export const deliveriesPerSecond = ({ deliveries, elapsedMs }: TopicSample): number => (deliveries / elapsedMs) * 1_000;

export const bytesSentPerDelivery = ({ bytesSent, deliveries }: TopicSample): number => bytesSent / deliveries;

/** What belongs together, with what it is of; empty where nothing was measured. */
export interface Series<Kind, Sample> {
  readonly kind: Kind;
  readonly samples: readonly Sample[];
}

export function callSeries(all: readonly CallSample[]): Series<CallKind, CallSample>[] {
  const isOf = (kind: CallKind) => (sample: CallSample) =>
    sample.hosting === kind.hosting && sample.callers === kind.callers;
  return seriesOf(CALL_KINDS, (kind) => all.filter(isOf(kind)));
}

export function topicSeries(all: readonly TopicSample[]): Series<TopicKind, TopicSample>[] {
  const isOf = (kind: TopicKind) => (sample: TopicSample) =>
    sample.hosting === kind.hosting && sample.burst === kind.burst;
  return seriesOf(TOPIC_KINDS, (kind) => all.filter(isOf(kind)));
}

function seriesOf<Kind, Sample>(
  kinds: readonly Kind[],
  samplesOf: (kind: Kind) => readonly Sample[],
): Series<Kind, Sample>[] {
  return kinds.map((kind) => ({ kind, samples: samplesOf(kind) })).filter(({ samples }) => samples.length > 0);
}

/** Our figure over the hand-written one, taken round by round. */
export function ratioOf<Sample extends Turn<ContestantName>>(
  samples: readonly Sample[],
  of: (sample: Sample) => number,
): Spread {
  return ratioOfTurns(samples, of, ['ours', 'hand-written']);
}

export function samplesOfEnd(samples: readonly MuteSample[], end: MuteEnd): MuteSample[] {
  return samples.filter((sample) => sample.end === end);
}

/** What one process held over what it held before, in MB; nothing where it is gone. */
export function growth(
  samples: readonly MuteSample[],
  process: keyof MuteMemory,
  when: 'pending' | 'after',
): Spread | undefined {
  const grown = samples.flatMap((sample) => {
    const [then, before] = [sample[when][process], sample.before[process]];
    return then === undefined || before === undefined ? [] : [(then - before) / MB];
  });
  return grown.length === 0 ? undefined : spreadOf(grown);
}

/** Calls that had not settled, or that the service was still answering. */
export function stillPending(samples: readonly MuteSample[]): number {
  return Math.max(...samples.map(({ unsettled, active = 0 }) => Math.max(unsettled, active)));
}
