import { setTimeout as sleep } from 'node:timers/promises';
import { type Latencies, summarizeLatencies } from '../latencies.js';
import type { Progress } from '../progress.js';
import type { ContestantName } from './contestants.js';
import type { Stretch } from './plan.js';
import { type Rig, withConnectedRigs } from './rig.js';

/** Where a message has to share the way with a stream. */
export const NARROW_LINK = { delay: 20, rate: 10 * 2 ** 20 } as const;

/** Between two messages, in ms. */
export const INTERVAL = 10;

const CONTESTANTS = ['ours', 'plain emits'] as const;

/** Round trips. */
export interface SmallMessagesSample {
  readonly contestant: ContestantName;
  readonly start: number;
  /** With no stream. */
  readonly idle: Latencies;
  /** From before a stream was opened. */
  readonly fromStart: Latencies;
  /** While it runs at its steady rate. */
  readonly steady: Latencies;
  /** What it delivers meanwhile. */
  readonly bytes: number;
  readonly elapsedMs: number;
}

export async function measureSmallMessages(plan: Stretch, progress: Progress): Promise<SmallMessagesSample[]> {
  const samples: SmallMessagesSample[] = [];
  const shapes = CONTESTANTS.map((contestant) => ({ contestant, link: NARROW_LINK }));
  for (let start = 1; start <= plan.starts; start++) {
    await withConnectedRigs(start % 2 === 0 ? shapes.toReversed() : shapes, async (rigs) => {
      for (const rig of rigs) {
        const { contestant } = rig.shape;
        progress(`start ${start} of ${plan.starts}, ${contestant}`);
        samples.push({ contestant, start, ...(await measureBesides(rig, plan)) });
      }
    });
  }
  return samples;
}

/** Two streams: one from its first byte on, and one that has found its rate. */
async function measureBesides(rig: Rig, { warmUp, duration }: Stretch) {
  await askFor(rig, warmUp);
  const idle = await askFor(rig, duration);
  await rig.sender.call('startAsking', { interval: INTERVAL });
  await sleep(INTERVAL);
  await rig.start();
  await sleep(warmUp);
  const first = await rig.sender.call('stopAsking');
  const before = await rig.receiver.call('count');
  const rest = await askFor(rig, duration);
  const after = await rig.receiver.call('count');
  await rig.stop();
  return {
    idle: summarizeLatencies(idle),
    fromStart: summarizeLatencies([...first, ...rest]),
    steady: summarizeLatencies(rest),
    bytes: after.bytes[0]! - before.bytes[0]!,
    elapsedMs: after.at - before.at,
  };
}

async function askFor(rig: Rig, duration: number): Promise<number[]> {
  await rig.sender.call('startAsking', { interval: INTERVAL });
  await sleep(duration);
  return rig.sender.call('stopAsking');
}
