import type { Flags } from '../flags.js';
import type { TurnsPlan } from '../turns.js';

export interface TopicPlan extends TurnsPlan {
  readonly subscribers: number;
}

/** Calls that nobody answers. */
export interface MutePlan {
  readonly starts: number;
  /** Calls that are pending at the same time. */
  readonly calls: number;
  /** What each may take, in ms; all must be under way before the first is over. */
  readonly deadline: number;
}

export const PARTS = ['call', 'topic', 'mute'] as const;

export type Part = (typeof PARTS)[number];

/** How much is measured. */
export interface ServicesPlan {
  readonly parts: readonly Part[];
  readonly call: TurnsPlan;
  readonly topic: TopicPlan;
  readonly mute: MutePlan;
}

type Lengths = Omit<ServicesPlan, 'parts'>;

const FULL: Lengths = {
  call: { starts: 4, rounds: 3, duration: 1_500, warmUp: 700 },
  topic: { starts: 4, rounds: 3, duration: 2_000, warmUp: 700, subscribers: 1_000 },
  mute: { starts: 3, calls: 100_000, deadline: 45_000 },
};

const QUICK: Lengths = {
  call: { starts: 1, rounds: 2, duration: 300, warmUp: 200 },
  topic: { starts: 1, rounds: 2, duration: 300, warmUp: 200, subscribers: 100 },
  mute: { starts: 1, calls: 5_000, deadline: 3_000 },
};

/** @throws Error for a part that there is not */
export function planServices(flags: Flags): ServicesPlan {
  const { call, topic, mute } = flags.quick ? QUICK : FULL;
  const starts = flags.starts !== undefined && { starts: flags.starts };
  const change: Partial<TurnsPlan> = {
    ...starts,
    ...(flags.rounds !== undefined && { rounds: flags.rounds }),
    ...(flags.duration !== undefined && { duration: flags.duration }),
  };
  return {
    parts: (flags.parts ?? PARTS).map(partOf),
    call: { ...call, ...change },
    topic: { ...topic, ...change },
    mute: { ...mute, ...starts },
  };
}

function partOf(name: string): Part {
  const part = PARTS.find((each) => each === name);
  if (!part) throw new Error(`--part takes ${PARTS.join(', ')}, not "${name}"`);
  return part;
}
