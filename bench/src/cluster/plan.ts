import type { Flags } from '../flags.js';
import type { PayloadName } from '../relay/payloads.js';
import type { TurnsPlan } from '../turns.js';

/** Pairs of clients that talk, one at each of two servers. */
export const PAIRS = 8;

/** One way to talk. */
export interface Kind {
  readonly traffic: 'messages' | 'requests';
  readonly payload: PayloadName;
  /** Of each pair, under way at once. */
  readonly inFlight: number;
}

export const KINDS: readonly Kind[] = [
  { traffic: 'messages', payload: '100 B JSON', inFlight: 16 },
  { traffic: 'messages', payload: '1 KB JSON', inFlight: 16 },
  { traffic: 'messages', payload: '100 B JSON', inFlight: 1 },
  { traffic: 'requests', payload: '100 B JSON', inFlight: 1 },
  { traffic: 'requests', payload: '100 B JSON', inFlight: 8 },
];

const FULL: TurnsPlan = { starts: 3, rounds: 3, duration: 1_500, warmUp: 700 };
const QUICK: TurnsPlan = { starts: 1, rounds: 2, duration: 300, warmUp: 200 };

export function planCluster({ quick, starts, rounds, duration }: Flags): TurnsPlan {
  const plan = quick ? QUICK : FULL;
  return {
    ...plan,
    ...(starts !== undefined && { starts }),
    ...(rounds !== undefined && { rounds }),
    ...(duration !== undefined && { duration }),
  };
}
