import { number, ratio, spread } from '../markdown.js';
import type { Spread } from '../statistics.js';
import type { Verdict } from '../verdict.js';
import type { ContestantName } from './contestants.js';
import { PAIRS, STREAMS } from './fairness.js';
import {
  addedP99,
  linkShare,
  megabytesPerSecond,
  ratioOf,
  samplesOfStop,
  slowestOverMean,
  stopGrowth,
  stopHeld,
} from './figures.js';
import { FAR_DELAY, type StreamsResults } from './run-streams.js';
import { STOPS, type Stop, type StopSample } from './stopped-receiver.js';
import type { ThroughputSample } from './throughput.js';

/** More than this, in ms, a stream must not add to small messages. */
const ADDED_LATENCY = 40;

/** What a stopped receiver may cost the server, in MB. */
const STOP_GROWTH: Record<Stop['how'], number> = { application: 16, process: 32 };

const RATE_GOALS = [
  { part: 'near', what: 'no delay', than: 'plain emits', least: 1.1 },
  { part: 'nearBufferutil', what: 'no delay, `bufferutil` everywhere', than: 'plain emits', least: 1.1 },
  { part: 'far', what: `${FAR_DELAY} ms each way on each hop`, than: 'chunk and ack', least: 150 },
  { part: 'far', what: `${FAR_DELAY} ms each way on each hop`, than: 'raw ws', least: 1.2 },
] as const;

/** Every goal of which the run has measured something. */
export function verdictsOf(results: StreamsResults): Verdict[] {
  return [
    ...RATE_GOALS.flatMap(({ part, ...goal }) => rateVerdict(results[part], goal)),
    ...PAIRS.flatMap((pairs) => fairnessVerdict(results, pairs)),
    ...smallMessagesVerdicts(results),
    ...STOPS.flatMap((stop) => stopVerdict(samplesOfStop(results.stops, stop), stop)),
  ];
}

interface RateGoal {
  readonly what: string;
  readonly than: ContestantName;
  readonly least: number;
}

function rateVerdict(samples: readonly ThroughputSample[], { what, than, least }: RateGoal): Verdict[] {
  if (samples.length === 0) return [];
  const measured = ratioOf(samples, ['ours', than], megabytesPerSecond);
  return [atLeast({ what: `One stream, ${what}: MB/s, ours over ${than}`, measured, least })];
}

function fairnessVerdict({ fairness }: StreamsResults, pairs: number): Verdict[] {
  const samples = fairness.filter((sample) => sample.pairs === pairs);
  if (samples.length === 0) return [];
  const between = pairs === 1 ? 'one pair of clients' : `${pairs} pairs of clients`;
  const what = `${STREAMS} streams at once between ${between}: the slowest over the mean`;
  return [atLeast({ what, measured: slowestOverMean(samples), least: 0.7 })];
}

function smallMessagesVerdicts({ smallMessages }: StreamsResults): Verdict[] {
  const samples = smallMessages.filter(({ contestant }) => contestant === 'ours');
  if (samples.length === 0) return [];
  const added = (when: 'fromStart' | 'steady', during: string) =>
    atMost({
      what: `A small message beside a stream, ${during}: p99 over idle p99, ms`,
      measured: addedP99(samples, when),
      most: ADDED_LATENCY,
    });
  return [
    added('steady', 'once it is steady'),
    added('fromStart', 'its start included'),
    atLeast({ what: 'The stream beside small messages: part of the link', measured: linkShare(samples), least: 0.9 }),
  ];
}

function stopVerdict(samples: readonly StopSample[], { how, delay }: Stop): Verdict[] {
  if (samples.length === 0) return [];
  const most = STOP_GROWTH[how];
  const growth = stopGrowth(samples);
  const held = stopHeld(samples);
  const paused = samples.every((sample) => sample.paused && sample.readOn > 0);
  const what = `The receiver's ${how} stops${delay > 0 ? `, ${delay} ms each way on each hop` : ''}: server, MB; sender`;
  return [
    {
      what,
      goal: `RSS ≤ +${most}; paused, not failed`,
      measured: `RSS ${spread(growth)}, held ${spread(held)}; ${paused ? 'paused, and went on' : 'not paused'}`,
      // Memory that was held once is held: the worst run counts.
      met: Math.max(growth.most, held.most) <= most && paused,
    },
  ];
}

interface Comparison {
  readonly what: string;
  readonly measured: Spread;
}

function atLeast({ what, measured, least }: Comparison & { readonly least: number }): Verdict {
  const format = least < 100 ? ratio : number;
  return { what, goal: `≥ ${format(least)}`, measured: spread(measured, format), met: measured.median >= least };
}

function atMost({ what, measured, most }: Comparison & { readonly most: number }): Verdict {
  return { what, goal: `≤ +${most}`, measured: spread(measured), met: measured.median <= most };
}
