import type { Progress } from '../progress.js';
import { withRigs } from '../with-rigs.js';
import { Cell, type CellKey, type Connecting } from './cell.js';
import { IDLE_CONTESTANTS, type IdleContestantName } from './contestants.js';
import type { IdlePlan } from './plan.js';

/** Starts count from 1. */
export type IdleSample = CellKey<IdleContestantName> & { readonly start: number } & Connecting;

/** Connects clients that then do nothing. One server after the other, the other way round in every second start. */
export async function measureIdle(plan: IdlePlan, progress: Progress): Promise<IdleSample[]> {
  const samples: IdleSample[] = [];
  for (let start = 1; start <= plan.starts; start++) {
    const contestants = start % 2 === 0 ? IDLE_CONTESTANTS.toReversed() : IDLE_CONTESTANTS;
    for (const clients of plan.clients) {
      for (const contestant of contestants) {
        progress(`start ${start} of ${plan.starts}: connecting ${clients} clients to ${contestant}`);
        const make = (failed: (error: Error) => void) => new Cell({ contestant, clients, failed });
        const connecting = await withRigs([make], ([cell]) => cell!.connect());
        samples.push({ contestant, clients, start, ...connecting });
      }
    }
  }
  return samples;
}
