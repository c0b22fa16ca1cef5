import { describeMachine, type Machine } from '../machine.js';
import type { Progress } from '../progress.js';
import { withRigs } from '../with-rigs.js';
import { Cell, type CellKey, type Measurement } from './cell.js';
import { CONTESTANTS, type ContestantName } from './contestants.js';
import { type IdleSample, measureIdle } from './idle.js';
import { PAYLOADS, type PayloadName } from './payloads.js';
import type { MessagesPlan, RelayPlan } from './plan.js';
import { measurePolicies, type PolicyResults } from './policy.js';

/** Starts and rounds count from 1. */
export type Sample = CellKey<ContestantName> & {
  readonly payload: PayloadName;
  readonly start: number;
  readonly round: number;
} & Measurement;

interface MessagesResults {
  readonly samples: readonly Sample[];
}

/** Everything that a run has measured, nothing summed up but latencies; parts that were not run are empty. */
export interface RelayResults extends MessagesResults {
  readonly machine: Machine;
  readonly plan: RelayPlan;
  readonly idle: readonly IdleSample[];
  readonly policy: PolicyResults;
}

/** @throws Error when a process dies or a message gets lost; no process is left either way */
export async function runRelay(plan: RelayPlan, progress: Progress): Promise<RelayResults> {
  const machine = describeMachine();
  const nothing = { memory: [], samples: [] };
  const messages = plan.parts.includes('messages') ? await measureMessages(plan.messages, progress) : nothing;
  const idle = plan.parts.includes('idle') ? await measureIdle(plan.idle, (line) => progress(`idle: ${line}`)) : [];
  const policy = plan.parts.includes('policy')
    ? await measurePolicies(plan.policy, (line) => progress(`policy: ${line}`))
    : nothing;
  return { machine, plan, ...messages, idle, policy };
}

async function measureMessages(plan: MessagesPlan, progress: Progress): Promise<MessagesResults> {
  const samples: Sample[] = [];
  for (let start = 1; start <= plan.starts; start++) {
    const told: Progress = (line) => progress(`start ${start} of ${plan.starts}: ${line}`);
    const makers = keysOf(plan, start).map((key) => (failed: (error: Error) => void) => new Cell({ ...key, failed }));
    await withRigs(makers, async (cells) => {
      await connectAll(cells, told);
      samples.push(...(await measureAll(cells, { plan, start }, told)));
    });
  }
  return { samples };
}

/** Every second start goes through the servers the other way round. */
function keysOf({ clients }: MessagesPlan, start: number): CellKey<ContestantName>[] {
  const keys = clients.flatMap((count) => CONTESTANTS.map((contestant) => ({ contestant, clients: count })));
  return start % 2 === 0 ? keys.toReversed() : keys;
}

async function connectAll(cells: readonly Cell<ContestantName>[], progress: Progress): Promise<void> {
  for (const cell of cells) {
    progress(`connecting ${cell.clients} clients to ${cell.contestant}`);
    await cell.open();
  }
}

interface MeasureOptions {
  readonly plan: MessagesPlan;
  readonly start: number;
}

/**
 * Takes every server in turn in every round, each time in the opposite order: what is compared is measured
 * seconds apart, and neither contestant nor number of clients always goes first.
 */
async function measureAll(
  cells: readonly Cell<ContestantName>[],
  { plan, start }: MeasureOptions,
  progress: Progress,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let round = 0; round <= plan.rounds; round++) {
    progress(round === 0 ? 'warming up' : `round ${round} of ${plan.rounds}`);
    const order = round % 2 === 0 ? cells.toReversed() : cells;
    const duration = round === 0 ? plan.warmUp : plan.duration;
    for (const { name: payload } of PAYLOADS) {
      for (const cell of order) {
        const measurement = await cell.measure({ payload, duration });
        const { contestant, clients } = cell;
        if (round > 0) samples.push({ contestant, clients, payload, start, round, ...measurement });
      }
    }
  }
  return samples;
}
