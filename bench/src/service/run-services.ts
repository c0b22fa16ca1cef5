import { describeMachine, type Machine } from '../machine.js';
import type { Progress } from '../progress.js';
import { type CallSample, measureCalls } from './call.js';
import { type MuteSample, measureMute } from './mute.js';
import type { Part, ServicesPlan } from './plan.js';
import { measureTopics, type TopicSample } from './topic.js';

/** Everything that a run has measured, nothing summed up but latencies; parts that were not run are empty. */
export interface ServicesResults {
  readonly machine: Machine;
  readonly plan: ServicesPlan;
  readonly call: readonly CallSample[];
  readonly topic: readonly TopicSample[];
  readonly mute: readonly MuteSample[];
}

/** @throws Error when a process dies or an answer or publication gets lost; no process is left either way */
export async function runServices(plan: ServicesPlan, progress: Progress): Promise<ServicesResults> {
  const machine = describeMachine();
  const run = async <Sample>(part: Part, measure: (told: Progress) => Promise<Sample[]>): Promise<Sample[]> =>
    plan.parts.includes(part) ? measure((line) => progress(`${part}: ${line}`)) : [];
  return {
    machine,
    plan,
    call: await run('call', (told) => measureCalls(plan.call, told)),
    topic: await run('topic', (told) => measureTopics(plan.topic, told)),
    mute: await run('mute', (told) => measureMute(plan.mute, told)),
  };
}
