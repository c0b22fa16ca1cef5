import type { Progress } from '../progress.js';
import type { Usage } from '../server-meter.js';
import { type Turn, takeTurns } from '../turns.js';
import { CONTESTANTS, type ContestantName } from './contestants.js';
import type { TopicPlan } from './plan.js';
import type { PublicationResult } from './publication-load.js';
import { Rig } from './rig.js';
import type { Hosting } from './service-contestant.js';

/** Who publishes, and how many at once. */
export interface TopicKind {
  readonly hosting: Hosting;
  readonly burst: 1 | 8;
}

export const TOPIC_KINDS: readonly TopicKind[] = [
  { hosting: 'client', burst: 1 },
  { hosting: 'client', burst: 8 },
  { hosting: 'server', burst: 1 },
  { hosting: 'server', burst: 8 },
];

export type TopicSample = Turn<ContestantName> & TopicKind & PublicationResult & Usage;

export function measureTopics(plan: TopicPlan, progress: Progress): Promise<TopicSample[]> {
  return takeTurns({
    plan,
    contestants: CONTESTANTS,
    makeRig: (contestant, failed) => new Rig({ contestant, clients: plan.subscribers, subscribe: true }, failed),
    connect: (rig: Rig) => rig.connect(),
    kinds: TOPIC_KINDS,
    measure: (rig, kind, duration) => rig.measure((load) => load.call('publish', { ...kind, duration })),
    progress,
  });
}
