import type { Flags } from '../flags.js';

/** How much is measured. */
export interface RelayPlan {
  /** Numbers of connected clients, rising; ten of each talk. */
  readonly clients: readonly number[];
  /** How often all processes are started afresh: two processes that do the same differ more than two rounds. */
  readonly starts: number;
  /** Measured rounds of each start; one more goes before them to warm up. */
  readonly rounds: number;
  /** Length of one measurement, in ms. */
  readonly duration: number;
  /** The same in the round that warms up. */
  readonly warmUp: number;
}

/** Pairs of clients that talk. */
export const PAIRS = 5;

/** Messages of one pair that are under way at once. */
export const IN_FLIGHT = 16;

const FULL: RelayPlan = { clients: [10, 100, 1_000, 5_000], starts: 4, rounds: 2, duration: 1_500, warmUp: 500 };
const QUICK: RelayPlan = { clients: [10, 100], starts: 1, rounds: 2, duration: 300, warmUp: 200 };

/** @throws Error for fewer clients than talk */
export function planRelay(flags: Flags): RelayPlan {
  const standard = flags.quick ? QUICK : FULL;
  const clients = [...new Set(flags.clients ?? standard.clients)].toSorted((a, b) => a - b);
  if (clients[0]! < 2 * PAIRS) throw new Error(`--clients takes numbers from ${2 * PAIRS} on: that many talk`);
  return {
    ...standard,
    clients,
    starts: flags.starts ?? standard.starts,
    rounds: flags.rounds ?? standard.rounds,
    duration: flags.duration ?? standard.duration,
  };
}
