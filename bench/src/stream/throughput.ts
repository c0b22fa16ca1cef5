import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../progress.js';
import type { ContestantName } from './contestants.js';
import type { LinkShape } from './link-pipe.js';
import type { Stretch } from './plan.js';
import { type Rig, withConnectedRigs } from './rig.js';

/** Contestants that are measured side by side, one stream each. */
export interface ThroughputShape {
  readonly contestants: readonly ContestantName[];
  readonly bufferutil?: boolean;
  readonly link?: LinkShape;
}

/** One measurement of one stream at its steady rate. Starts and rounds count from 1. */
export interface ThroughputSample {
  readonly contestant: ContestantName;
  readonly start: number;
  readonly round: number;
  /** That the receiver read. */
  readonly bytes: number;
  readonly elapsedMs: number;
  /** Of the server. */
  readonly cpuMicros: number;
  /** What the server's RSS rose by, in bytes, from before the stream to its highest. */
  readonly rssGrowth: number;
}

/** Takes every contestant in turn in every round, each time in the opposite order. */
export async function measureThroughput(
  { contestants, ...shape }: ThroughputShape,
  plan: Stretch,
  progress: Progress,
): Promise<ThroughputSample[]> {
  const samples: ThroughputSample[] = [];
  const shapes = contestants.map((contestant) => ({ contestant, ...shape }));
  for (let start = 1; start <= plan.starts; start++) {
    await withConnectedRigs(start % 2 === 0 ? shapes.toReversed() : shapes, async (rigs) => {
      progress(`start ${start} of ${plan.starts}, warming up`);
      for (const rig of rigs) await warmUp(rig, plan);
      for (let round = 1; round <= plan.rounds; round++) {
        progress(`start ${start} of ${plan.starts}, round ${round} of ${plan.rounds}`);
        for (const rig of round % 2 === 0 ? rigs.toReversed() : rigs) {
          const { contestant } = rig.shape;
          samples.push({ contestant, start, round, ...(await measureRate(rig, plan)) });
        }
      }
    });
  }
  return samples;
}

/** A stream that is not measured, for what V8 and the system do only once. */
async function warmUp(rig: Rig, { warmUp: duration }: Stretch): Promise<void> {
  await rig.start();
  await sleep(duration);
  await rig.stop();
}

async function measureRate(rig: Rig, { warmUp: untilSteady, duration }: Stretch) {
  const { rss } = await rig.server.call('memory');
  await rig.server.call('watchMemory');
  await rig.start();
  await sleep(untilSteady);
  await rig.server.call('startCounting');
  const before = await rig.receiver.call('count');
  await sleep(duration);
  const after = await rig.receiver.call('count');
  const { cpuMicros } = await rig.server.call('usage');
  const rssGrowth = (await rig.server.call('mostRss')) - rss;
  await rig.stop();
  const bytes = after.bytes[0]! - before.bytes[0]!;
  return { bytes, elapsedMs: after.at - before.at, cpuMicros, rssGrowth };
}
