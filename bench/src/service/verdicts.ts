import { count, number, spread } from '../markdown.js';
import { spreadOf } from '../statistics.js';
import { atMostRatio, type Verdict } from '../verdict.js';
import type { CallKind, CallSample } from './call.js';
import {
  callSeries,
  cpuPerCall,
  cpuPerDelivery,
  growth,
  medianLatency,
  p99Latency,
  ratioOf,
  type Series,
  samplesOfEnd,
  stillPending,
  topicSeries,
} from './figures.js';
import { MUTE_CODES, MUTE_ENDS, type MuteEnd, type MuteSample } from './mute.js';
import type { ServicesResults } from './run-services.js';
import type { Hosting } from './service-contestant.js';
import type { TopicKind, TopicSample } from './topic.js';

/** What a call may cost over one through the hand-written relay. */
const CALL_LIMIT = 1.1;

/** The same to a client where many are under way: the server's CPU, and the slowest calls. */
const BUSY_LIMITS = { cpu: 0.55, p99: 1 };

/** What a delivery may cost over one by a room, by how many publications come in a row. */
const TOPIC_LIMITS: Record<TopicKind['burst'], number> = { 1: 0.6, 8: 0.15 };

/** What the server may keep of calls that are over, in MB. */
const KEPT_LIMIT = 2;

/** How long the calls to a lost provider may take to settle, in ms. */
const SETTLE_LIMIT = 100;

/** Every goal of which the run has measured something. */
export function verdictsOf({ call, topic, mute }: ServicesResults): Verdict[] {
  return [
    ...callSeries(call).flatMap(callVerdicts),
    ...topicSeries(topic).map(topicVerdict),
    ...MUTE_ENDS.flatMap((end) => muteVerdicts(samplesOfEnd(mute, end), end)),
  ];
}

export function describeHosting(hosting: Hosting): string {
  return hosting === 'client' ? 'a client' : 'the server';
}

export function describeLoad({ callers, inFlight }: CallKind): string {
  return callers * inFlight === 1 ? 'one at a time' : `${callers} × ${inFlight} at once`;
}

function callVerdicts({ kind, samples }: Series<CallKind, CallSample>): Verdict[] {
  const verdict = (what: string, of: (sample: CallSample) => number, most = CALL_LIMIT) =>
    atMostRatio({
      what: `A call to ${describeHosting(kind.hosting)}, ${describeLoad(kind)}: ${what}, ours over hand-written`,
      measured: ratioOf(samples, of),
      most,
    });
  const cpu = "the server's CPU";
  if (kind.callers === 1) {
    return [verdict('median latency', medianLatency), verdict('p99 latency', p99Latency), verdict(cpu, cpuPerCall)];
  }
  if (kind.hosting === 'server') return [verdict(cpu, cpuPerCall)];
  return [verdict('p99 latency', p99Latency, BUSY_LIMITS.p99), verdict(cpu, cpuPerCall, BUSY_LIMITS.cpu)];
}

function topicVerdict({ kind, samples }: Series<TopicKind, TopicSample>): Verdict {
  const times = kind.burst === 1 ? 'one at a time' : `${kind.burst} in a row`;
  return atMostRatio({
    what: `Publications of ${describeHosting(kind.hosting)}, ${times}: the server's CPU, ours over a room's`,
    measured: ratioOf(samples, cpuPerDelivery),
    most: TOPIC_LIMITS[kind.burst],
  });
}

function muteVerdicts(samples: readonly MuteSample[], end: MuteEnd): Verdict[] {
  if (samples.length === 0) return [];
  const calls = count(samples[0]!.calls);
  const what = `${calls} calls, ${end === 'deadline' ? 'after their deadline' : 'after the provider has gone'}`;
  const pending = stillPending(samples);
  const code = MUTE_CODES[end];
  const allRight = samples.every((sample) => sample.codes[code] === sample.calls);
  const kept = growth(samples, 'server', 'after')!;
  const verdicts = [
    {
      what: `${what}: still pending`,
      goal: `0; all \`${code}\``,
      measured: `${count(pending)}; ${allRight ? 'all' : 'not all'} \`${code}\``,
      met: pending === 0 && allRight,
    },
    // Memory that was held once is held: the worst run counts.
    {
      what: `${what}: kept by the server, MB`,
      goal: `≤ +${KEPT_LIMIT}`,
      measured: spread(kept),
      met: kept.most <= KEPT_LIMIT,
    },
  ];
  return end === 'deadline' ? verdicts : [...verdicts, settleVerdict(what, samples)];
}

function settleVerdict(what: string, samples: readonly MuteSample[]): Verdict {
  const lastAfter = spreadOf(samples.map((sample) => sample.lastAfter));
  return {
    what: `${what}: ms until all have settled`,
    goal: `≤ ${SETTLE_LIMIT}`,
    measured: spread(lastAfter, number),
    met: lastAfter.most <= SETTLE_LIMIT,
  };
}
