import type { Flags } from '../flags.js';

/** How often and how long something is measured. */
export interface Stretch {
  /** How often all processes are started afresh. */
  readonly starts: number;
  /** Measurements in each start. */
  readonly rounds: number;
  /** How long a stream runs before it is measured, in ms: its window grows meanwhile. */
  readonly warmUp: number;
  /** Length of one measurement, in ms. */
  readonly duration: number;
}

/** How a receiver is stopped. */
export interface StopPlan {
  readonly starts: number;
  /** In ms. */
  readonly warmUp: number;
  /** How long it stays stopped, in ms: less than Socket.IO takes to give a silent client up. */
  readonly stopped: number;
}

export const PARTS = ['near', 'near-bufferutil', 'far', 'fairness', 'small-messages', 'stops'] as const;

export type Part = (typeof PARTS)[number];

/** How much is measured. */
export interface StreamsPlan {
  readonly parts: readonly Part[];
  readonly near: Stretch;
  readonly far: Stretch;
  readonly fairness: Stretch;
  readonly smallMessages: Stretch;
  readonly stops: StopPlan;
}

type Lengths = Omit<StreamsPlan, 'parts'>;

const FULL: Lengths = {
  near: { starts: 3, rounds: 3, warmUp: 1_500, duration: 3_000 },
  far: { starts: 3, rounds: 2, warmUp: 6_000, duration: 4_000 },
  fairness: { starts: 3, rounds: 2, warmUp: 2_000, duration: 4_000 },
  smallMessages: { starts: 3, rounds: 1, warmUp: 5_000, duration: 15_000 },
  stops: { starts: 3, warmUp: 4_000, stopped: 10_000 },
};

const QUICK: Lengths = {
  near: { starts: 1, rounds: 2, warmUp: 500, duration: 1_000 },
  far: { starts: 1, rounds: 1, warmUp: 4_000, duration: 2_000 },
  fairness: { starts: 1, rounds: 1, warmUp: 1_000, duration: 2_000 },
  smallMessages: { starts: 1, rounds: 1, warmUp: 2_000, duration: 4_000 },
  stops: { starts: 1, warmUp: 2_000, stopped: 3_000 },
};

/** @throws Error for a part that there is not */
export function planStreams(flags: Flags): StreamsPlan {
  const { near, far, fairness, smallMessages, stops } = flags.quick ? QUICK : FULL;
  const starts = flags.starts !== undefined && { starts: flags.starts };
  const change: Partial<Stretch> = {
    ...starts,
    ...(flags.rounds !== undefined && { rounds: flags.rounds }),
    ...(flags.duration !== undefined && { duration: flags.duration }),
  };
  return {
    parts: (flags.parts ?? PARTS).map(partOf),
    near: { ...near, ...change },
    far: { ...far, ...change },
    fairness: { ...fairness, ...change },
    smallMessages: { ...smallMessages, ...change, rounds: 1 },
    stops: { ...stops, ...starts },
  };
}

function partOf(name: string): Part {
  const part = PARTS.find((each) => each === name);
  if (!part) throw new Error(`--part takes ${PARTS.join(', ')}, not "${name}"`);
  return part;
}
