import { describeMachine, type Machine } from '../machine.js';
import type { Memory } from '../memory.js';
import type { Progress } from '../progress.js';
import { withRigs } from '../with-rigs.js';
import { Cell, type Measurement } from './cell.js';
import { CONTESTANTS, type ContestantName } from './contestants.js';
import { PAYLOADS, type PayloadName } from './payloads.js';
import type { RelayPlan } from './plan.js';

/** Which server a figure is of. */
interface CellKey {
  readonly contestant: ContestantName;
  readonly clients: number;
}

/** Starts and rounds count from 1. */
export type CellMemory = CellKey & { readonly start: number; readonly empty: Memory; readonly connected: Memory };

export type Sample = CellKey & {
  readonly payload: PayloadName;
  readonly start: number;
  readonly round: number;
} & Measurement;

/** Everything that a run has measured, nothing summed up. */
export interface RelayResults {
  readonly machine: Machine;
  readonly plan: RelayPlan;
  readonly memory: readonly CellMemory[];
  readonly samples: readonly Sample[];
}

/** @throws Error when a process dies or a message gets lost; no process is left either way */
export async function runRelay(plan: RelayPlan, progress: Progress): Promise<RelayResults> {
  const machine = describeMachine();
  const memory: CellMemory[] = [];
  const samples: Sample[] = [];
  for (let start = 1; start <= plan.starts; start++) {
    const told: Progress = (line) => progress(`start ${start} of ${plan.starts}: ${line}`);
    const makers = keysOf(plan, start).map((key) => (failed: (error: Error) => void) => new Cell({ ...key, failed }));
    await withRigs(makers, async (cells) => {
      memory.push(...(await connectAll(cells, start, told)));
      samples.push(...(await measureAll(cells, { plan, start }, told)));
    });
  }
  return { machine, plan, memory, samples };
}

/** Every second start goes through the servers the other way round. */
function keysOf({ clients }: RelayPlan, start: number): CellKey[] {
  const keys = clients.flatMap((count) => CONTESTANTS.map((contestant) => ({ contestant, clients: count })));
  return start % 2 === 0 ? keys.toReversed() : keys;
}

async function connectAll(cells: readonly Cell[], start: number, progress: Progress): Promise<CellMemory[]> {
  const memory: CellMemory[] = [];
  for (const cell of cells) {
    const { contestant, clients } = cell;
    progress(`connecting ${clients} clients to ${contestant}`);
    memory.push({ contestant, clients, start, ...(await cell.connect()) });
  }
  return memory;
}

interface MeasureOptions {
  readonly plan: RelayPlan;
  readonly start: number;
}

/**
 * Takes every server in turn in every round, each time in the opposite order: what is compared is measured
 * seconds apart, and neither contestant nor number of clients always goes first.
 */
async function measureAll(
  cells: readonly Cell[],
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
