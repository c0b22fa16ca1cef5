import type { Latencies } from '../latencies.js';
import { machineLine } from '../machine.js';
import { count, number, ratio, spread, table } from '../markdown.js';
import { spreadOf } from '../statistics.js';
import { verdictTable } from '../verdict.js';
import type { ContestantName } from './contestants.js';
import { PAIRS, STREAMS } from './fairness.js';
import {
  cpuPerMegabyte,
  figure,
  linkShare,
  MB,
  megabytesPerSecond,
  ratioOf,
  samplesOfStop,
  slowestOverMean,
  stopGrowth,
  stopHeld,
  totalRate,
} from './figures.js';
import type { Stretch } from './plan.js';
import { FAR_DELAY, type StreamsResults } from './run-streams.js';
import { INTERVAL, NARROW_LINK } from './small-messages.js';
import { OFFERED, READ_FIRST, STOPS, type StopSample } from './stopped-receiver.js';
import type { ThroughputSample } from './throughput.js';
import { verdictsOf } from './verdicts.js';

/** The run as Markdown; parts that were not run are left out. */
export function reportStreams(results: StreamsResults): string {
  const { near, nearBufferutil, far, plan } = results;
  const sections = [
    describeRun(results),
    `### Goals\n\n${verdictTable(verdictsOf(results))}`,
    ...throughputSection('One stream, no delay', near, plan.near),
    ...throughputSection('One stream, no delay, `bufferutil` everywhere', nearBufferutil, plan.near),
    ...throughputSection(`One stream, ${FAR_DELAY} ms each way on each hop`, far, plan.far),
    ...fairnessSection(results),
    ...smallMessagesSection(results),
    ...stopsSection(results),
  ];
  return sections.join('\n\n');
}

function describeRun({ machine }: StreamsResults): string {
  return `${machineLine(machine)}; median (least–most).`;
}

function throughputSection(title: string, samples: readonly ThroughputSample[], plan: Stretch): string[] {
  if (samples.length === 0) return [];
  const contestants = [...new Set(samples.map(({ contestant }) => contestant))].toSorted(oursFirst);
  const rows = contestants.map((contestant) => [
    contestant,
    spread(figure(samples, contestant, megabytesPerSecond)),
    spread(figure(samples, contestant, cpuPerMegabyte)),
    spread(figure(samples, contestant, ({ rssGrowth }) => rssGrowth / MB)),
    contestant === 'ours' ? '' : spread(ratioOf(samples, ['ours', contestant], megabytesPerSecond), ratio),
    contestant === 'ours' ? '' : spread(ratioOf(samples, ['ours', contestant], cpuPerMegabyte), ratio),
  ]);
  const head = ['', 'MB/s', 'server, µs CPU per MB', 'server RSS, +MB', 'ours / this, MB/s', 'ours / this, µs CPU'];
  return [`### ${title}`, `${describeStretch(plan)}\n\n${table(head, rows)}`];
}

function fairnessSection({ fairness, plan }: StreamsResults): string[] {
  if (fairness.length === 0) return [];
  const rows = PAIRS.map((pairs) => {
    const samples = fairness.filter((sample) => sample.pairs === pairs);
    return [count(pairs), spread(slowestOverMean(samples), ratio), spread(totalRate(samples))];
  });
  const head = ['pairs of clients', 'slowest / mean', 'MB/s, all together'];
  return [`### ${STREAMS} streams at once`, `${describeStretch(plan.fairness)}\n\n${table(head, rows)}`];
}

function smallMessagesSection({ smallMessages, plan }: StreamsResults): string[] {
  if (smallMessages.length === 0) return [];
  const contestants = [...new Set(smallMessages.map(({ contestant }) => contestant))].toSorted(oursFirst);
  const rows = contestants.map((contestant) => {
    const samples = smallMessages.filter((sample) => sample.contestant === contestant);
    const latency = (of: (latencies: Latencies) => number) =>
      (['idle', 'steady', 'fromStart'] as const).map((when) =>
        number(spreadOf(samples.map((s) => of(s[when]))).median),
      );
    return [
      contestant,
      latency(({ median }) => median).join(' / '),
      latency(({ p99 }) => p99).join(' / '),
      latency(({ most }) => most).join(' / '),
      spread(linkShare(samples), ratio),
    ];
  });
  const head = ['', 'median', 'p99', 'most', 'stream, part of the link'];
  const about =
    `A link of ${NARROW_LINK.rate / 2 ** 20} MiB/s and ${NARROW_LINK.delay} ms each way on each hop; a message and its ` +
    `answer every ${INTERVAL} ms between the two ends of a stream; round trips in ms: idle / beside a steady stream / ` +
    `its start included. ${describeStretch(plan.smallMessages)}`;
  return ['### Small messages beside a stream', `${about}\n\n${table(head, rows)}`];
}

function stopsSection({ stops, plan }: StreamsResults): string[] {
  if (stops.length === 0) return [];
  const rows = STOPS.map((stop) => {
    const samples = samplesOfStop(stops, stop);
    const megabytes = (of: (sample: StopSample) => number) => spread(spreadOf(samples.map((each) => of(each) / MB)));
    return [
      stop.how,
      count(stop.delay),
      megabytes(({ idle }) => idle),
      stop.how === 'application' ? '–' : megabytes(({ streaming, idle }) => (streaming ?? idle) - idle),
      spread(stopGrowth(samples)),
      spread(stopHeld(samples)),
      megabytes(({ writtenOn }) => writtenOn),
      samples.every(({ paused }) => paused) ? 'yes' : '**no**',
      megabytes(({ readOn }) => readOn),
    ];
  });
  const head = [
    'what stops',
    'delay, ms',
    'idle',
    '+ streaming',
    '+ stopped',
    'held',
    'still written',
    'paused',
    'read on',
  ];
  const about =
    'In MB: the RSS of the server, idle and the most over that; what it holds while the receiver is stopped (heap ' +
    'and buffers in use, over idle); bytes of the stream that were written after the stop, and read after its end. ' +
    `The application reads ${count(READ_FIRST / MB)} MB of ${count(OFFERED / MB)} MB and no more; the process is ` +
    `frozen (SIGSTOP) in mid-stream, and with it the delay on its side. Each stays so for ${number(plan.stops.stopped / 1_000)} s, ${plan.stops.starts} times.`;
  return ['### A receiver that stops', `${about}\n\n${table(head, rows)}`];
}

function describeStretch({ starts, rounds, warmUp, duration }: Stretch): string {
  return `${starts} × ${rounds} rounds (fresh processes × rounds) of ${duration} ms, each after ${warmUp} ms to find its rate.`;
}

function oursFirst(one: ContestantName, other: ContestantName): number {
  return Number(other === 'ours') - Number(one === 'ours');
}
