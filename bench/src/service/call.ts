import type { Progress } from '../progress.js';
import type { RoundTrips } from '../round-trips.js';
import type { Usage } from '../server-meter.js';
import { type Turn, type TurnsPlan, takeTurns } from '../turns.js';
import { CONTESTANTS, type ContestantName } from './contestants.js';
import { Rig } from './rig.js';
import type { Hosting } from './service-contestant.js';

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

export type CallSample = Turn<ContestantName> & CallKind & RoundTrips & Usage;

export function measureCalls(plan: TurnsPlan, progress: Progress): Promise<CallSample[]> {
  return takeTurns({
    plan,
    contestants: CONTESTANTS,
    makeRig: (contestant, failed) => new Rig({ contestant, clients: MANY.callers, subscribe: false }, failed),
    connect: (rig: Rig) => rig.connect(),
    kinds: CALL_KINDS,
    measure: (rig, kind, duration) => rig.measure((load) => load.call('call', { ...kind, duration })),
    progress,
  });
}
