import { machineLine } from '../machine.js';
import { count, number, ratio, spread, table } from '../markdown.js';
import { type Spread, spreadOf } from '../statistics.js';
import { describeTurns, figure, ratioOfTurns } from '../turn-figures.js';
import { atMostRatio, type Verdict, verdictTable } from '../verdict.js';
import { KINDS, OFFERED, TRAFFIC, type WireKindOfTraffic } from './plan.js';
import type { OfferedSample, WireResults, WireSample } from './run-wires.js';
import type { WireFigures } from './wire-rig.js';
import { WIRE_NAMES, type WireName } from './wires.js';

type AnySample = WireSample | OfferedSample;

const loadEach = ({ loadMicros, messages }: WireFigures): number => loadMicros / messages;
export const cpuEach = ({ cpuMicros, messages }: WireFigures): number => cpuMicros / messages;
export const eachSecond = ({ messages, elapsedMs }: WireFigures): number => (messages / elapsedMs) * 1_000;
export const perFrameIn = ({ messages, framesIn }: WireFigures): number => messages / framesIn;
export const perFrameOut = ({ messages, framesOut }: WireFigures): number => messages / framesOut;

const REAL_CLIENTS: [WireName, WireName] = ['ours, real clients', 'hand-written, real clients'];

/** What the server may spend on a message, over what another spends. */
const GOALS: readonly (WireKindOfTraffic & {
  readonly ours: WireName;
  readonly over: WireName;
  readonly most: number;
})[] = [
  { traffic: 'pipelined', payload: '100 B JSON', ours: 'ours', over: 'hand-written', most: 1 / 12 },
  { traffic: 'pipelined', payload: '100 B JSON', ours: 'ours', over: 'NATS', most: 1 },
  { traffic: 'pipelined', payload: '1 KB JSON', ours: 'ours', over: 'hand-written', most: 1 / 10 },
  { traffic: 'pipelined', payload: '16 KB JSON', ours: 'ours', over: 'hand-written', most: 1 / 9 },
  { traffic: 'pipelined', payload: '1 KB binary', ours: 'ours', over: 'hand-written', most: 1 / 5 },
  { traffic: 'pipelined', payload: '64 KB binary', ours: 'ours', over: 'hand-written', most: 1 / 1.3 },
  { traffic: 'many pairs', payload: '100 B JSON', ours: 'ours', over: 'hand-written', most: 1 / 3 },
  { traffic: 'many pairs', payload: '100 B JSON', ours: 'ours', over: 'NATS', most: 1.4 },
  { traffic: 'one in flight', payload: '100 B JSON', ours: 'ours', over: 'hand-written', most: 0.55 },
  { traffic: 'pipelined', payload: '100 B JSON', ours: 'plain clients', over: 'hand-written', most: 0.45 },
  { traffic: 'pipelined', payload: '1 KB JSON', ours: 'plain clients', over: 'hand-written', most: 0.6 },
];

export function reportWires({ machine, plan, samples, offered }: WireResults): string {
  const parts = [
    machineLine(machine),
    `${describeTurns(plan)}; median (least–most). No clients are connected but those that talk.`,
    '### Goals',
    verdictTable([...verdictsOf(samples), ...clientVerdicts(samples)]),
    '### As fast as it goes',
    ...KINDS.flatMap((kind) => [`**${describe(kind)}**`, tableOf(samplesOf(samples, kind))]),
    '### Real clients',
    realClientsTable(samples),
    '### At a rate that all can bear',
    'Real clients send here what the recorded ones replay: the server has to spend the same on both.',
    ...OFFERED.flatMap((payload) => {
      const own = offered.filter((sample) => sample.payload === payload);
      return own.length > 0 ? [`**${payload}, ${count(own[0]!.rate)} messages a second**`, tableOf(own)] : [];
    }),
  ];
  return parts.join('\n\n');
}

/** The ratio of CPU times that a goal is about, if both were there. */
export function verdictsOf(samples: readonly WireSample[]): Verdict[] {
  return GOALS.flatMap(({ ours, over, most, ...kind }) => {
    const own = samplesOf(samples, kind);
    if (!hasAll(own, [ours, over])) return [];
    const measured = ratioOfTurns(own, cpuEach, [ours, over]);
    return [atMostRatio({ what: `${describe(kind)}: ${ours} over ${over}`, measured, most })];
  });
}

/** What real clients spend on a message that is sent and received. */
function clientVerdicts(samples: readonly WireSample[]): Verdict[] {
  const own = samplesOf(samples, { traffic: 'pipelined', payload: '100 B JSON' });
  if (!hasAll(own, REAL_CLIENTS)) return [];
  const measured = ratioOfTurns(own, loadEach, REAL_CLIENTS);
  return [atMostRatio({ what: '100 B JSON, pipelined: clients with the plugin over plain ones', measured, most: 0.6 })];
}

export function samplesOf<Sample extends WireKindOfTraffic>(
  samples: readonly Sample[],
  { traffic, payload }: WireKindOfTraffic,
): Sample[] {
  return samples.filter((sample) => sample.traffic === traffic && sample.payload === payload);
}

/** What real clients, and the server with them, spend. */
function realClientsTable(samples: readonly WireSample[]): string {
  const [ours, theirs] = REAL_CLIENTS;
  const rows = KINDS.flatMap((kind) => {
    const own = samplesOf(samples, kind);
    if (!hasAll(own, REAL_CLIENTS)) return [];
    const cells = [cpuEach, loadEach].flatMap((of) => [
      spread(figure(own, ours, of)),
      spread(figure(own, theirs, of)),
      `**${spread(ratioOfTurns(own, of, [ours, theirs]), ratio)}**`,
    ]);
    return [[describe(kind), ...cells]];
  });
  return table(['µs CPU', 'server: ours', 'hand-written', 'ratio', 'clients: ours', 'hand-written', 'ratio'], rows);
}

function hasAll(samples: readonly WireSample[], names: readonly WireName[]): boolean {
  return names.every((name) => samples.some(({ contestant }) => contestant === name));
}

function tableOf(samples: readonly AnySample[]): string {
  const names = WIRE_NAMES.filter((name) => samples.some(({ contestant }) => contestant === name));
  const rows = names.map((name) => [
    name,
    spread(figure(samples, name, cpuEach)),
    name === 'ours' || !names.includes('ours') ? '' : `**${spread(ratioOf(samples, name), ratio)}**`,
    number(figure(samples, name, eachSecond).median),
    framesCell(figure(samples, name, perFrameIn).median),
    framesCell(figure(samples, name, perFrameOut).median),
  ]);
  return table(['', 'server, µs CPU', 'ours / this', 'a second', 'in a frame, in', 'in a frame, out'], rows);
}

/** Of real clients they are not counted. */
function framesCell(value: number): string {
  return Number.isFinite(value) ? number(value) : '–';
}

function ratioOf(samples: readonly AnySample[], name: WireName): Spread {
  const hasOurs = samples.some(({ contestant }) => contestant === 'ours');
  return hasOurs ? ratioOfTurns(samples, cpuEach, ['ours', name]) : spreadOf([Number.NaN]);
}

export function describe({ traffic, payload }: WireKindOfTraffic): string {
  const { pairs, inFlight } = TRAFFIC[traffic];
  return `${payload}, ${traffic} (${pairs} × ${inFlight})`;
}
