import { describeMachine, type Machine } from '../machine.js';
import type { Progress } from '../progress.js';
import { requireBufferutil } from './bufferutil.js';
import { type FairnessSample, measureFairness } from './fairness.js';
import type { Part, StreamsPlan } from './plan.js';
import { measureSmallMessages, type SmallMessagesSample } from './small-messages.js';
import { measureStops, type StopSample } from './stopped-receiver.js';
import { measureThroughput, type ThroughputSample, type ThroughputShape } from './throughput.js';

/** The delay of a far server, each way on each hop, in ms. */
export const FAR_DELAY = 25;

/** Everything that a run has measured, nothing summed up but latencies; parts that were not run are empty. */
export interface StreamsResults {
  readonly machine: Machine;
  readonly plan: StreamsPlan;
  readonly near: readonly ThroughputSample[];
  readonly nearBufferutil: readonly ThroughputSample[];
  readonly far: readonly ThroughputSample[];
  readonly fairness: readonly FairnessSample[];
  readonly smallMessages: readonly SmallMessagesSample[];
  readonly stops: readonly StopSample[];
}

const NEAR: ThroughputShape = { contestants: ['ours', 'plain emits', 'chunk and ack', 'raw ws'] };
const NEAR_BUFFERUTIL: ThroughputShape = { ...NEAR, bufferutil: true };
const FAR: ThroughputShape = { contestants: ['ours', 'chunk and ack', 'raw ws'], link: { delay: FAR_DELAY } };

/** @throws Error when a process dies or bytes get lost; no process is left either way */
export async function runStreams(plan: StreamsPlan, progress: Progress): Promise<StreamsResults> {
  const machine = describeMachine();
  const run = async <Sample>(part: Part, measure: (told: Progress) => Promise<Sample[]>): Promise<Sample[]> =>
    plan.parts.includes(part) ? measure((line) => progress(`${part}: ${line}`)) : [];
  return {
    machine,
    plan,
    near: await run('near', (told) => measureThroughput(NEAR, plan.near, told)),
    nearBufferutil: await run('near-bufferutil', (told) => {
      requireBufferutil();
      return measureThroughput(NEAR_BUFFERUTIL, plan.near, told);
    }),
    far: await run('far', (told) => measureThroughput(FAR, plan.far, told)),
    fairness: await run('fairness', (told) => measureFairness(plan.fairness, told)),
    smallMessages: await run('small-messages', (told) => measureSmallMessages(plan.smallMessages, told)),
    stops: await run('stops', (told) => measureStops(plan.stops, told)),
  };
}
