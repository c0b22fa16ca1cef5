import { count, number, ratio, spread, table } from '../markdown.js';
import { describeTurns, figure, ratioOfTurns } from '../turn-figures.js';
import { atMostRatio, type Verdict, verdictTable } from '../verdict.js';
import { memoryTable } from './memory-table.js';
import { PAIRS } from './plan.js';
import { POLICIES, type PolicyName } from './policies.js';
import { POLICY_KINDS, type PolicyKind, type PolicySample } from './policy.js';
import type { RelayResults } from './run-relay.js';

/** What permission and limits may cost the server. */
const POLICY_LIMIT = 1.1;

type Figure = (sample: PolicySample) => number;

const cpuEach: Figure = ({ cpuMicros, count }) => cpuMicros / count;

const eachSecond: Figure = ({ count, elapsedMs }) => (count / elapsedMs) * 1_000;

/** In µs. */
const LATENCIES: readonly Figure[] = [
  ({ latencies }) => latencies!.median * 1_000,
  ({ latencies }) => latencies!.p99 * 1_000,
];

export function policySection({ plan: { policy: plan }, policy: { memory, samples } }: RelayResults): string[] {
  if (samples.length === 0) return [];
  const about = `${count(plan.clients)} clients, of which ${2 * PAIRS} talk at most; ${describeTurns(plan)}; median (least–most).`;
  return [
    '### What permission and limits cost',
    about,
    verdictTable(POLICY_KINDS.flatMap((kind) => verdictsOf(samples, kind))),
    table(
      ['', 'server, µs CPU', '/ off', 'median, µs', '/ off', 'p99, µs', '/ off', 'a second'],
      POLICY_KINDS.flatMap((kind) => rowsOf(samples, kind)),
    ),
    memoryTable(
      memory,
      POLICIES.map((contestant) => ({ contestant, clients: plan.clients })),
    ),
  ];
}

function verdictsOf(all: readonly PolicySample[], kind: PolicyKind): Verdict[] {
  return POLICIES.filter((policy) => policy !== 'off').map((policy) =>
    atMostRatio({
      what: `${describe(kind)}: the server's CPU, ${policy} over off`,
      measured: overOff(samplesOf(all, kind), policy, cpuEach),
      most: POLICY_LIMIT,
    }),
  );
}

function rowsOf(all: readonly PolicySample[], kind: PolicyKind): string[][] {
  const samples = samplesOf(all, kind);
  const figures = kind.traffic === 'requests' ? [cpuEach, ...LATENCIES] : [cpuEach];
  return POLICIES.map((policy) => {
    const cells = figures.flatMap((of) => [
      spread(figure(samples, policy, of)),
      policy === 'off' ? '' : `**${spread(overOff(samples, policy, of), ratio)}**`,
    ]);
    const unknown = LATENCIES.length + 1 - figures.length;
    const dashes = Array.from({ length: unknown * 2 }, () => '–');
    return [`${describe(kind)}: ${policy}`, ...cells, ...dashes, number(figure(samples, policy, eachSecond).median)];
  });
}

function overOff(samples: readonly PolicySample[], policy: PolicyName, of: Figure) {
  return ratioOfTurns(samples, of, [policy, 'off']);
}

function samplesOf(all: readonly PolicySample[], kind: PolicyKind): PolicySample[] {
  const { traffic, payload, pairs } = kind;
  return all.filter((each) => each.traffic === traffic && each.payload === payload && each.pairs === pairs);
}

function describe({ traffic, payload, pairs, inFlight }: PolicyKind): string {
  return `${traffic}, ${payload}, ${pairs * inFlight === 1 ? 'one at a time' : `${pairs} × ${inFlight} at once`}`;
}
