import type { Flags } from '../flags.js';
import type { TurnsPlan } from '../turns.js';

/** Messages, next to the hand-written relay. */
export interface MessagesPlan extends TurnsPlan {
  /** Numbers of connected clients, rising; ten of each talk. */
  readonly clients: readonly number[];
}

/** What is asked before anything is relayed. */
export interface PolicyPlan extends TurnsPlan {
  /** Connected; ten of them talk at most. */
  readonly clients: number;
}

/** Clients that do nothing. */
export interface IdlePlan {
  readonly starts: number;
  /** Numbers of connected clients, rising. */
  readonly clients: readonly number[];
}

export const PARTS = ['messages', 'idle', 'policy'] as const;

export type Part = (typeof PARTS)[number];

/** How much is measured. */
export interface RelayPlan {
  readonly parts: readonly Part[];
  readonly messages: MessagesPlan;
  readonly idle: IdlePlan;
  readonly policy: PolicyPlan;
}

/** Pairs of clients that talk. */
export const PAIRS = 5;

/** Messages of one pair that are under way at once. */
export const IN_FLIGHT = 16;

type Lengths = Omit<RelayPlan, 'parts'>;

const FULL: Lengths = {
  messages: { clients: [10, 100, 1_000, 5_000], starts: 4, rounds: 2, duration: 1_500, warmUp: 500 },
  idle: { clients: [1_000, 10_000], starts: 2 },
  policy: { clients: 1_000, starts: 8, rounds: 2, duration: 1_500, warmUp: 700 },
};

const QUICK: Lengths = {
  messages: { clients: [10, 100], starts: 1, rounds: 2, duration: 300, warmUp: 200 },
  idle: { clients: [100], starts: 1 },
  policy: { clients: 100, starts: 1, rounds: 2, duration: 300, warmUp: 200 },
};

/** @throws Error for a part that there is not, and for fewer clients than talk */
export function planRelay(flags: Flags): RelayPlan {
  const { messages, idle, policy } = flags.quick ? QUICK : FULL;
  const clients = [...new Set(flags.clients ?? messages.clients)].toSorted((a, b) => a - b);
  if (clients[0]! < 2 * PAIRS) throw new Error(`--clients takes numbers from ${2 * PAIRS} on: that many talk`);
  const starts = flags.starts !== undefined && { starts: flags.starts };
  const change: Partial<TurnsPlan> = {
    ...starts,
    ...(flags.rounds !== undefined && { rounds: flags.rounds }),
    ...(flags.duration !== undefined && { duration: flags.duration }),
  };
  return {
    parts: (flags.parts ?? PARTS).map(partOf),
    messages: { ...messages, ...change, clients },
    idle: { ...idle, ...starts },
    policy: { ...policy, ...change },
  };
}

function partOf(name: string): Part {
  const part = PARTS.find((each) => each === name);
  if (!part) throw new Error(`--part takes ${PARTS.join(', ')}, not "${name}"`);
  return part;
}
