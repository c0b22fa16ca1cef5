import { setTimeout as sleep } from 'node:timers/promises';
import { inUse } from '../memory.js';
import type { Progress } from '../progress.js';
import type { StopPlan } from './plan.js';
import { type Rig, withConnectedRigs } from './rig.js';

/** Bytes that are offered to a reader which stops. */
export const OFFERED = 600_000_000;

/** What it reads before, so that the window has grown. */
export const READ_FIRST = 100_000_000;

/** How the receiver stops, and over how much delay, each way on each hop, in ms. */
export const STOPS = [
  { how: 'application', delay: 0 },
  { how: 'process', delay: 0 },
  { how: 'process', delay: 25 },
] as const;

export type Stop = (typeof STOPS)[number];

/** The server's memory is in bytes of RSS. */
export interface StopSample {
  readonly how: Stop['how'];
  readonly delay: number;
  readonly start: number;
  /** Before the stream, with everything up and warm. */
  readonly idle: number;
  /** The most while the receiver reads; not known when it stops by itself. */
  readonly streaming?: number;
  /** The most from the stop on, until it reads again. */
  readonly stopped: number;
  /** What the server keeps while the receiver is stopped that it did not keep before the stream, in bytes. */
  readonly held: number;
  /** Written by the sender since the stop, in bytes. */
  readonly writtenOn: number;
  /** Whether the sender had come to rest before the receiver read on. */
  readonly paused: boolean;
  /** What came after the receiver read on, in bytes. A stream that had failed would have failed the run. */
  readonly readOn: number;
}

/** How long the sender must not write anything to count as paused, in ms. */
const REST = 1_000;

export async function measureStops(plan: StopPlan, progress: Progress): Promise<StopSample[]> {
  const samples: StopSample[] = [];
  for (let start = 1; start <= plan.starts; start++) {
    for (const stop of STOPS) {
      progress(`start ${start} of ${plan.starts}, ${stop.how} stops, ${stop.delay} ms`);
      const shape = { contestant: 'ours', ...(stop.delay > 0 && { link: { delay: stop.delay } }) } as const;
      const sample = await withConnectedRigs([shape], ([rig]) => measureStop(rig!, stop, plan));
      samples.push({ ...stop, start, ...sample });
    }
  }
  return samples;
}

async function measureStop(rig: Rig, { how }: Stop, plan: StopPlan) {
  await rig.start();
  await sleep(plan.warmUp);
  await rig.stop();
  const before = await rig.server.call('memory');
  const { during, ...sample } = await (how === 'application' ? stopReading(rig, plan) : stopProcess(rig, plan));
  return { ...sample, idle: before.rss, held: inUse(during) - inUse(before) };
}

/** The application reads for a while and then no more, with the rest of the bytes still offered. */
async function stopReading(rig: Rig, { stopped: duration }: StopPlan) {
  await rig.receiver.call('expect', { streams: 1, readOnly: READ_FIRST });
  await rig.server.call('watchMemory');
  await rig.sender.call('start', { streams: 1, bytes: OFFERED });
  await sleep(duration);
  const { writtenOn, paused } = await atRest(rig, READ_FIRST);
  const stopped = await rig.server.call('mostRss');
  const during = await rig.server.call('memory');
  const before = await rig.receiver.call('count');
  await rig.receiver.call('readOn');
  const received = await rig.finish();
  return { stopped, during, writtenOn, paused, readOn: received - before.bytes[0]! };
}

/** The receiver's process is frozen in mid-stream, and thawed later. */
async function stopProcess(rig: Rig, { warmUp, stopped: duration }: StopPlan) {
  await rig.server.call('watchMemory');
  await rig.start();
  await sleep(warmUp);
  const streaming = await rig.server.call('mostRss');
  await rig.server.call('watchMemory');
  const writtenBefore = await rig.sender.call('written');
  rig.freezeReceiver();
  await sleep(duration);
  const { writtenOn, paused } = await atRest(rig, writtenBefore);
  const stopped = await rig.server.call('mostRss');
  const during = await rig.server.call('memory');
  rig.thawReceiver();
  const before = await rig.receiver.call('count');
  await sleep(warmUp);
  const after = await rig.receiver.call('count');
  await rig.stop();
  return { streaming, stopped, during, writtenOn, paused, readOn: after.bytes[0]! - before.bytes[0]! };
}

async function atRest(rig: Rig, writtenBefore: number) {
  const written = await rig.sender.call('written');
  await sleep(REST);
  const paused = (await rig.sender.call('written')) === written;
  return { writtenOn: written - writtenBefore, paused };
}
