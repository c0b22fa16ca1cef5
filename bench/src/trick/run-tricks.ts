import type { Flags } from '../flags.js';
import { describeMachine, type Machine } from '../machine.js';
import type { Progress } from '../progress.js';
import type { TurnsPlan } from '../turns.js';
import { planTurns, type WireKindOfTraffic } from '../wire/plan.js';
import { type SaturatedSample, saturate } from '../wire/saturate.js';
import { TRICK_NAMES, type TrickName } from './tricks.js';

export const TRICK_KINDS: readonly WireKindOfTraffic[] = [
  { traffic: 'pipelined', payload: '100 B JSON' },
  { traffic: 'pipelined', payload: '1 KB JSON' },
  { traffic: 'pipelined', payload: '16 KB JSON' },
  { traffic: 'many pairs', payload: '100 B JSON' },
];

export interface TricksPlan extends TurnsPlan {
  readonly tricks: readonly TrickName[];
}

export type TrickSample = SaturatedSample<TrickName>;

export interface TricksResults {
  readonly machine: Machine;
  readonly plan: TricksPlan;
  readonly samples: readonly TrickSample[];
}

/** All others are compared with `all on`, so that is always there. @throws Error for a trick that there is not */
export function planTricks(flags: Flags): TricksPlan {
  const { parts = TRICK_NAMES } = flags;
  for (const part of parts) {
    if (!TRICK_NAMES.some((name) => name === part)) {
      throw new Error(`--part takes ${TRICK_NAMES.join(', ')}, not "${part}"`);
    }
  }
  return { ...planTurns(flags), tricks: TRICK_NAMES.filter((name) => name === 'all on' || parts.includes(name)) };
}

/** @throws Error when a process dies or a message gets lost; no process is left either way */
export async function runTricks(plan: TricksPlan, progress: Progress): Promise<TricksResults> {
  const machine = describeMachine();
  return { machine, plan, samples: await saturate(TRICK_KINDS, { plan, contestants: plan.tricks, progress }) };
}
