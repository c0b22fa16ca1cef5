import type { Progress } from '../progress.js';
import type { Usage } from '../server-meter.js';
import type { TopicPlan } from './plan.js';
import type { PublicationResult } from './publication-load.js';
import type { Hosting } from './service-contestant.js';
import { type Turn, takeTurns } from './turns.js';

/** Who publishes, and how many at once. */
export interface TopicKind {
  readonly hosting: Hosting;
  readonly burst: number;
}

export const TOPIC_KINDS: readonly TopicKind[] = [
  { hosting: 'client', burst: 1 },
  { hosting: 'client', burst: 8 },
  { hosting: 'server', burst: 1 },
  { hosting: 'server', burst: 8 },
];

export type TopicSample = Turn & TopicKind & PublicationResult & Usage;

export function measureTopics(plan: TopicPlan, progress: Progress): Promise<TopicSample[]> {
  return takeTurns<TopicKind, PublicationResult & Usage>({
    plan,
    shape: { clients: plan.subscribers, subscribe: true },
    kinds: TOPIC_KINDS,
    measure: (rig, kind, duration) => rig.measure((load) => load.call('publish', { ...kind, duration })),
    progress,
  });
}
