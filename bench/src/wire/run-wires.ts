import { describeMachine, type Machine } from '../machine.js';
import type { Progress } from '../progress.js';
import type { PayloadName } from '../relay/payloads.js';
import { spreadOf } from '../statistics.js';
import type { Turn } from '../turns.js';
import { takeTurns } from '../turns.js';
import { KINDS, OFFERED, OFFERED_PART, TRAFFIC, type WirePlan } from './plan.js';
import { type SaturatedSample, saturate, turnsOf } from './saturate.js';
import type { WireFigures } from './wire-rig.js';
import { availableWires, type WireName } from './wires.js';

export type WireSample = SaturatedSample<WireName>;

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
  const options = { plan, contestants: plan.wires ?? availableWires(), progress };
  const samples = await saturate(KINDS, options);
  const offered = await takeTurns({
    ...turnsOf(TRAFFIC.pipelined.pairs, options),
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
