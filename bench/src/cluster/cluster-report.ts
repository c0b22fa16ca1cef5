import { machineLine } from '../machine.js';
import { number, ratio, spread, table } from '../markdown.js';
import { describeTurns, figure, ratioOfTurns } from '../turn-figures.js';
import { atMostRatio, type Verdict, verdictTable } from '../verdict.js';
import { CONTESTANTS, type ContestantName } from './contestants.js';
import { KINDS, type Kind, PAIRS } from './plan.js';
import type { ClusterResults, Lookup, Sample } from './run-cluster.js';

/** What a message between servers may cost, of what it costs by `io.to(id).emit`. */
const CPU_LIMIT = 0.6;

/** What the slowest answers may take, of what they take by the adapter. */
const LATENCY_LIMIT = 1.2;

/** What a lookup may take, in ms. */
const LOOKUP_LIMIT = 50;

/** What the broker is told for a message. */
const PUBLISH_LIMIT = 1;

const PAIRS_OF_CONTESTANTS: readonly (readonly [ContestantName, ContestantName])[] = [
  ['ours, sharded', 'plain, sharded'],
  ['ours, streams', 'plain, streams'],
];

const cpu = ({ cpuMicros, messages }: Sample) => cpuMicros / messages;
const publishes = (sample: Sample) => sample.publishes / sample.messages;
const slowest = ({ latencies }: Sample) => latencies?.p99 ?? 0;

/** The run as Markdown. */
export function reportCluster(results: ClusterResults): string {
  return [
    machineLine(results.machine),
    `${PAIRS} pairs talk, one client of each at each of two servers; ${describeTurns(results.plan)}; median (least–most).`,
    '### Goals',
    verdictTable([...KINDS.flatMap((kind) => verdictsOf(results, kind)), ...results.lookups.map(lookupVerdict)]),
    ...KINDS.map((kind) => `### ${titleOf(kind)}\n\n${tableOf(samplesOf(results, kind))}`),
  ].join('\n\n');
}

function lookupVerdict({ isFrozen, count, median, p99, most }: Lookup): Verdict {
  return {
    what: `Lookup of a client of ${isFrozen ? 'a server that is stopped' : 'another server'}, the slowest of ${count}, ms`,
    goal: `≤ ${LOOKUP_LIMIT}`,
    measured: `${number(most)} (median ${number(median)}, p99 ${number(p99)})`,
    met: most <= LOOKUP_LIMIT,
  };
}

function verdictsOf(results: ClusterResults, kind: Kind): Verdict[] {
  const samples = samplesOf(results, kind);
  return PAIRS_OF_CONTESTANTS.flatMap(([ours, plain]) => {
    const what = `${titleOf(kind)}: ${ours} over ${plain}`;
    const pair = [ours, plain] as const;
    if (kind.traffic === 'requests') {
      const measured = ratioOfTurns(samples, slowest, pair);
      return [atMostRatio({ what: `${what}, p99`, measured, most: LATENCY_LIMIT })];
    }
    const measured = figure(samples, ours, publishes);
    return [
      atMostRatio({
        what: `${what}, CPU of both servers`,
        measured: ratioOfTurns(samples, cpu, pair),
        most: CPU_LIMIT,
      }),
      atMostRatio({ what: `${titleOf(kind)}: ${ours}, publishes for each`, measured, most: PUBLISH_LIMIT }),
    ];
  });
}

function tableOf(samples: readonly Sample[]): string {
  const head = ['', 'both servers, µs CPU', 'of plain', 'a second', 'publishes for each', 'p50, ms', 'p99, ms'];
  const rows = CONTESTANTS.map((name) => {
    const latency = (of: (sample: Sample) => number) => {
      const value = figure(samples, name, of);
      return value.most === 0 ? '–' : spread(value);
    };
    const pair = PAIRS_OF_CONTESTANTS.find(([ours]) => ours === name);
    return [
      name,
      spread(figure(samples, name, cpu)),
      pair ? `**${spread(ratioOfTurns(samples, cpu, pair), ratio)}**` : '',
      number(figure(samples, name, ({ messages, elapsedMs }) => (messages / elapsedMs) * 1_000).median),
      spread(figure(samples, name, publishes)),
      latency(({ latencies }) => latencies?.median ?? 0),
      latency(slowest),
    ];
  });
  return table(head, rows);
}

function samplesOf({ samples }: ClusterResults, { traffic, payload, inFlight }: Kind): Sample[] {
  return samples.filter((each) => each.traffic === traffic && each.payload === payload && each.inFlight === inFlight);
}

function titleOf({ traffic, payload, inFlight }: Kind): string {
  return `${traffic === 'messages' ? 'Messages' : 'Requests'}, ${payload}, ${PAIRS} × ${inFlight} under way`;
}
