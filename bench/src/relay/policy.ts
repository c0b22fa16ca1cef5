import type { Progress } from '../progress.js';
import type { RoundTrips } from '../round-trips.js';
import type { Usage } from '../server-meter.js';
import { type Turn, takeTurns } from '../turns.js';
import { Cell, type CellMemory } from './cell.js';
import type { PayloadName } from './payloads.js';
import { IN_FLIGHT, PAIRS, type PolicyPlan } from './plan.js';
import { POLICIES, type PolicyName } from './policies.js';

/** What is sent, and how much of it is under way. */
export interface PolicyKind {
  readonly traffic: 'messages' | 'requests';
  readonly payload: PayloadName;
  /** Pairs of clients that talk. */
  readonly pairs: number;
  /** Messages, or requests, of each that are under way. */
  readonly inFlight: number;
}

const MANY = { pairs: PAIRS, inFlight: IN_FLIGHT };

export const POLICY_KINDS: readonly PolicyKind[] = [
  { traffic: 'messages', payload: '100 B JSON', ...MANY },
  { traffic: 'messages', payload: '1 KB JSON', ...MANY },
  { traffic: 'requests', payload: '100 B JSON', ...MANY },
  { traffic: 'requests', payload: '100 B JSON', pairs: 1, inFlight: 1 },
];

/** Of messages that have arrived, or of requests that have been answered. */
export type PolicySample = Turn<PolicyName> &
  PolicyKind & { readonly count: number; readonly elapsedMs: number } & Partial<Pick<RoundTrips, 'latencies'>> &
  Usage;

export interface PolicyResults {
  readonly memory: readonly CellMemory<PolicyName>[];
  readonly samples: readonly PolicySample[];
}

export async function measurePolicies(plan: PolicyPlan, progress: Progress): Promise<PolicyResults> {
  const memory: CellMemory<PolicyName>[] = [];
  const samples = await takeTurns({
    plan,
    contestants: POLICIES,
    makeRig: (contestant, failed) => new Cell({ contestant, clients: plan.clients, failed }),
    connect: async (cell: Cell<PolicyName>, start) => {
      const { contestant, clients } = cell;
      memory.push({ contestant, clients, start, ...(await cell.connect()) });
    },
    kinds: POLICY_KINDS,
    measure: measureKind,
    progress,
  });
  return { memory, samples };
}

async function measureKind(cell: Cell<PolicyName>, kind: PolicyKind, duration: number) {
  const { traffic, ...talk } = kind;
  if (traffic === 'requests') {
    const answered = await cell.measureRequests({ ...talk, duration });
    return { ...answered, count: answered.latencies.count };
  }
  const { messages, ...usage } = await cell.measure({ payload: kind.payload, duration });
  return { ...usage, count: messages };
}
