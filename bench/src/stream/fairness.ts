import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../progress.js';
import type { Stretch } from './plan.js';
import { type Rig, withConnectedRigs } from './rig.js';

/** Streams at once. */
export const STREAMS = 100;

/** They go between so many pairs of clients. */
export const PAIRS = [1, 10] as const;

/** What each of many streams delivered in the same time. */
export interface FairnessSample {
  readonly pairs: number;
  readonly start: number;
  readonly round: number;
  /** By stream. */
  readonly bytes: readonly number[];
  readonly elapsedMs: number;
}

export async function measureFairness(plan: Stretch, progress: Progress): Promise<FairnessSample[]> {
  const samples: FairnessSample[] = [];
  const shapes = PAIRS.map((pairs) => ({ contestant: 'ours', pairs }) as const);
  for (let start = 1; start <= plan.starts; start++) {
    await withConnectedRigs(shapes, async (rigs) => {
      for (let round = 1; round <= plan.rounds; round++) {
        progress(`start ${start} of ${plan.starts}, round ${round} of ${plan.rounds}`);
        for (const rig of rigs) {
          samples.push({ pairs: rig.shape.pairs ?? 1, start, round, ...(await measureStreams(rig, plan)) });
        }
      }
    });
  }
  return samples;
}

async function measureStreams(rig: Rig, { warmUp, duration }: Stretch) {
  await rig.start(STREAMS);
  await sleep(warmUp);
  const before = await rig.receiver.call('count');
  await sleep(duration);
  const after = await rig.receiver.call('count');
  await rig.stop();
  const bytes = after.bytes.map((count, stream) => count - (before.bytes[stream] ?? 0));
  return { bytes, elapsedMs: after.at - before.at };
}
