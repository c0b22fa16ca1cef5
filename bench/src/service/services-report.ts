import { machineLine } from '../machine.js';
import { count, number, ratio, spread, table } from '../markdown.js';
import { type Spread, spreadOf } from '../statistics.js';
import { describeTurns, figure } from '../turn-figures.js';
import type { Turn } from '../turns.js';
import { verdictTable } from '../verdict.js';
import { CONTESTANTS, type ContestantName } from './contestants.js';
import {
  bytesSentPerCall,
  bytesSentPerDelivery,
  callSeries,
  callsPerSecond,
  cpuPerCall,
  cpuPerDelivery,
  deliveriesPerSecond,
  growth,
  medianLatency,
  p99Latency,
  ratioOf,
  samplesOfEnd,
  topicSeries,
} from './figures.js';
import { MUTE_ENDS, type MuteSample } from './mute.js';
import type { ServicesResults } from './run-services.js';
import { describeHosting, describeLoad, verdictsOf } from './verdicts.js';

/** The run as Markdown; parts that were not run are left out. */
export function reportServices(results: ServicesResults): string {
  const sections = [
    `${machineLine(results.machine)}; median (least–most).`,
    `### Goals\n\n${verdictTable(verdictsOf(results))}`,
    ...callSection(results),
    ...topicSection(results),
    ...muteSection(results),
  ];
  return sections.join('\n\n');
}

function callSection({ call, plan }: ServicesResults): string[] {
  if (call.length === 0) return [];
  const rows = callSeries(call).flatMap(({ kind, samples }) => [
    ...CONTESTANTS.map((contestant) => [
      `to ${describeHosting(kind.hosting)}, ${describeLoad(kind)}: ${contestant}`,
      ...[medianLatency, p99Latency, cpuPerCall, callsPerSecond].map((of) => spread(figure(samples, contestant, of))),
      number(figure(samples, contestant, bytesSentPerCall).median),
    ]),
    ratioRow(samples, [medianLatency, p99Latency, cpuPerCall, callsPerSecond, bytesSentPerCall]),
  ]);
  const head = ['', 'median, µs', 'p99, µs', 'server, µs CPU', 'calls/s', 'server, bytes sent'];
  return ['### A call and its answer', `100 B each way; ${describeTurns(plan.call)}.\n\n${table(head, rows)}`];
}

function topicSection({ topic, plan }: ServicesResults): string[] {
  if (topic.length === 0) return [];
  const rows = topicSeries(topic).flatMap(({ kind, samples }) => [
    ...CONTESTANTS.map((contestant) => [
      `by ${describeHosting(kind.hosting)}, ${kind.burst} in a row: ${contestant}`,
      ...[cpuPerDelivery, deliveriesPerSecond].map((of) => spread(figure(samples, contestant, of))),
      number(figure(samples, contestant, bytesSentPerDelivery).median),
    ]),
    ratioRow(samples, [cpuPerDelivery, deliveriesPerSecond, bytesSentPerDelivery]),
  ]);
  const head = ['', 'server, µs CPU per delivery', 'deliveries/s', 'server, bytes sent per delivery'];
  const about = `100 B to ${count(plan.topic.subscribers)} subscribers; ${describeTurns(plan.topic)}.`;
  return ['### A publication to many', `${about}\n\n${table(head, rows)}`];
}

function ratioRow<Sample extends Turn<ContestantName>>(
  samples: readonly Sample[],
  figures: readonly ((sample: Sample) => number)[],
): string[] {
  return ['_ours / hand-written_', ...figures.map((of) => `**${spread(ratioOf(samples, of), ratio)}**`)];
}

function muteSection({ mute, plan }: ServicesResults): string[] {
  if (mute.length === 0) return [];
  const rows = MUTE_ENDS.map((end) => samplesOfEnd(mute, end)).flatMap((samples) => [muteRow(samples)]);
  const head = [
    'how they end',
    'settled, first, ms after',
    'last, ms after',
    'last, in hops',
    'bare, ms',
    'server, + pending, MB',
    '+ after',
    'caller, + pending, MB',
    '+ after',
    'provider, + pending, MB',
    '+ after',
  ];
  const { calls, deadline, starts } = plan.mute;
  const about =
    `${count(calls)} calls of one client to one API that never answers, all pending at the same time, with a deadline ` +
    `of ${number(deadline / 1_000)} s; ${starts} times. Memory is heap and buffers in use, over that before the calls. ` +
    `_After_ is after the last deadline, or after the server knew that the provider was gone; a hop is one way ` +
    `between client and server, ${spread(spreadOf(mute.map(({ hop }) => hop * 1_000)))} µs; ` +
    `_bare_ is what it takes the caller, in Node alone, to reject as many promises with a timer each.`;
  return ['### Calls that nobody answers', `${about}\n\n${table(head, rows)}`];
}

function muteRow(samples: readonly MuteSample[]): string[] {
  const firsts = samples.flatMap(({ firstAfter }) => firstAfter ?? []);
  return [
    samples[0]!.end,
    firsts.length === 0 ? '–' : spread(spreadOf(firsts)),
    spread(spreadOf(samples.map(({ lastAfter }) => lastAfter))),
    spread(spreadOf(samples.map(({ lastAfter, hop }) => lastAfter / hop))),
    spread(spreadOf(samples.map(({ bare }) => bare))),
    ...(['server', 'caller', 'provider'] as const).flatMap((process) => [
      orDash(growth(samples, process, 'pending')),
      orDash(growth(samples, process, 'after')),
    ]),
  ];
}

function orDash(figure: Spread | undefined): string {
  return figure ? spread(figure) : '–';
}
