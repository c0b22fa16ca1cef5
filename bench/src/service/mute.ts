import type { Progress } from '../progress.js';
import { withRigs } from '../with-rigs.js';
import { type MuteMemory, MuteRig } from './mute-rig.js';
import type { MutePlan } from './plan.js';

/** How calls that nobody answers end. */
export const MUTE_ENDS = ['deadline', 'provider gone'] as const;

export type MuteEnd = (typeof MUTE_ENDS)[number];

export interface MuteSample {
  readonly end: MuteEnd;
  readonly start: number;
  /** Calls that were pending at the same time. */
  readonly calls: number;
  /** How they ended, by error code. */
  readonly codes: Readonly<Record<string, number>>;
  /** Calls that had not settled half a minute after all should have. */
  readonly unsettled: number;
  /** Calls that the service was still answering, by its own count; of one that is gone, nothing. */
  readonly active?: number;
  /** One way to the server, in ms. */
  readonly hop: number;
  /** What it took the caller, in Node alone, to reject as many promises with a timer each, in ms. */
  readonly bare: number;
  /** From when the server knew that the provider was gone until the first call had settled, in ms. */
  readonly firstAfter?: number;
  /** From the last deadline, or from when the server knew that the provider was gone, until all calls had settled, in ms. */
  readonly lastAfter: number;
  readonly before: MuteMemory;
  readonly pending: MuteMemory;
  readonly after: MuteMemory;
}

/** The code that all errors must have. */
export const MUTE_CODES: Readonly<Record<MuteEnd, string>> = { deadline: 'TIMEOUT', 'provider gone': 'PEER_GONE' };

/** Calls before anything is measured, for what V8 does only once. */
const WARM_UP = { calls: 1_000, deadline: 1_000 };

/** How long calls may take to settle after they should have, in ms. */
const PATIENCE = 30_000;

export async function measureMute(plan: MutePlan, progress: Progress): Promise<MuteSample[]> {
  const samples: MuteSample[] = [];
  for (let start = 1; start <= plan.starts; start++) {
    for (const end of start % 2 === 0 ? MUTE_ENDS.toReversed() : MUTE_ENDS) {
      progress(`start ${start} of ${plan.starts}: ${end}`);
      const sample = await withRigs([(failed) => new MuteRig(failed)], ([rig]) => measureEnd(rig!, end, plan));
      samples.push({ end, start, ...sample });
    }
  }
  return samples;
}

async function measureEnd(rig: MuteRig, end: MuteEnd, { calls, deadline: wanted }: MutePlan) {
  await rig.connect();
  await rig.caller.call('callAll', WARM_UP);
  await rig.caller.call('outcome', WARM_UP.deadline + PATIENCE);
  const hop = await rig.caller.call('hop');
  const bare = await rig.caller.call('settleBare', { calls, deadline: PATIENCE });
  const before = await rig.memory();
  // What waits for the provider to go must not come to its deadline.
  const deadline = end === 'deadline' ? wanted : wanted + PATIENCE;
  const atService = await rig.caller.call('callAll', { calls, deadline });
  const pending = await rig.memory();
  const atCaller = await rig.caller.call('pending');
  if (atService < calls || atCaller < calls) {
    throw new Error(`Not all calls were pending at once: ${atService} at the service, ${atCaller} at the caller`);
  }
  const settled = await (end === 'deadline' ? passDeadline(rig, deadline) : loseProvider(rig));
  return { calls, hop, bare, before, pending, ...settled, after: await rig.memory() };
}

async function passDeadline(rig: MuteRig, deadline: number) {
  const { codes, unsettled, ...at } = await rig.caller.call('outcome', deadline + PATIENCE);
  const active = await rig.caller.call('active');
  return { codes, unsettled, active, lastAfter: at.lastSettled - (at.lastCalled + deadline) };
}

async function loseProvider(rig: MuteRig) {
  await rig.killProvider();
  const known = await rig.server.call('firstClosed');
  const { codes, unsettled, ...at } = await rig.caller.call('outcome', PATIENCE);
  return { codes, unsettled, firstAfter: at.firstSettled - known, lastAfter: at.lastSettled - known };
}
