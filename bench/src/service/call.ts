import type { Progress } from '../progress.js';
import type { Usage } from '../server-meter.js';
import type { CallResult } from './call-load.js';
import type { TurnsPlan } from './plan.js';
import type { Hosting } from './service-contestant.js';
import { type Turn, takeTurns } from './turns.js';

/** Who calls whom, and how much at once. */
export interface CallKind {
  readonly hosting: Hosting;
  readonly callers: number;
  /** Calls of each caller that are under way. */
  readonly inFlight: number;
}

const ONE = { callers: 1, inFlight: 1 };
const MANY = { callers: 50, inFlight: 8 };

export const CALL_KINDS: readonly CallKind[] = [
  { hosting: 'client', ...ONE },
  { hosting: 'client', ...MANY },
  { hosting: 'server', ...ONE },
  { hosting: 'server', ...MANY },
];

export type CallSample = Turn & CallKind & CallResult & Usage;

export function measureCalls(plan: TurnsPlan, progress: Progress): Promise<CallSample[]> {
  return takeTurns<CallKind, CallResult & Usage>({
    plan,
    shape: { clients: MANY.callers, subscribe: false },
    kinds: CALL_KINDS,
    measure: (rig, kind, duration) => rig.measure((load) => load.call('call', { ...kind, duration })),
    progress,
  });
}
