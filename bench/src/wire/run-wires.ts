import { describeMachine, type Machine } from '../machine.js';
import type { Progress } from '../progress.js';
import type { PayloadName } from '../relay/payloads.js';
import { spreadOf } from '../statistics.js';
import type { Turn } from '../turns.js';
import { takeTurns } from '../turns.js';
import { KINDS, OFFERED, OFFERED_PART, TRAFFIC, type WireKindOfTraffic, type WirePlan } from './plan.js';
import { type WireFigures, WireRig } from './wire-rig.js';
import { availableWires, type WireName } from './wires.js';

/** As fast as it goes. */
export type WireSample = Turn<WireName> & WireKindOfTraffic & WireFigures;

/** At one rate for all. */
export type OfferedSample = Turn<WireName> & { readonly payload: PayloadName; readonly rate: number } & WireFigures;

export interface WireResults {
  readonly machine: Machine;
  readonly plan: WirePlan;
  readonly samples: readonly WireSample[];
  readonly offered: readonly OfferedSample[];
}

export async function runWires(plan: WirePlan, progress: Progress): Promise<WireResults> {
  const machine = describeMachine();
  const contestants = plan.wires ?? availableWires();
  const turnsOf = (pairs: number) => ({
    plan,
    contestants,
    makeRig: (wire: WireName, failed: (error: Error) => void) => new WireRig({ wire, pairs, idle: 0 }, failed),
    connect: (rig: WireRig) => rig.connect(),
    progress: (line: string) => progress(`${pairs} pairs: ${line}`),
  });
  const few = turnsOf(TRAFFIC.pipelined.pairs);
  const saturate = (turns: typeof few, kinds: readonly WireKindOfTraffic[]) =>
    takeTurns({
      ...turns,
      kinds,
      measure: (rig, { traffic, payload }, duration) => rig.measure({ payload, ...TRAFFIC[traffic], duration }),
    });
  const isMany = ({ traffic }: WireKindOfTraffic) => traffic === 'many pairs';
  const samples = [
    ...(await saturate(
      few,
      KINDS.filter((kind) => !isMany(kind)),
    )),
    ...(await saturate(turnsOf(TRAFFIC['many pairs'].pairs), KINDS.filter(isMany))),
  ];
  const offered = await takeTurns({
    ...few,
    kinds: OFFERED.map((payload) => ({ payload, rate: offeredRate(samples, payload) })),
    measure: (rig, { payload, rate }, duration) => rig.measure({ payload, rate, ...TRAFFIC.pipelined, duration }),
  });
  return { machine, plan, samples, offered };
}

/** What all can do: a part of what the slowest does. */
function offeredRate(samples: readonly WireSample[], payload: PayloadName): number {
  const names = new Set(samples.map(({ contestant }) => contestant));
  const rates = Array.from(names, (name) => {
    const own = samples.filter(
      (sample) => sample.contestant === name && sample.traffic === 'pipelined' && sample.payload === payload,
    );
    return spreadOf(own.map(({ messages, elapsedMs }) => (messages / elapsedMs) * 1_000)).median;
  });
  return Math.round(Math.min(...rates) * OFFERED_PART);
}
