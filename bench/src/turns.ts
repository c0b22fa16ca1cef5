import type { Progress } from './progress.js';
import { type ClosableRig, withRigs } from './with-rigs.js';

/** How often and how long something is measured. */
export interface TurnsPlan {
  /** How often all processes are started afresh. */
  readonly starts: number;
  /** Measured rounds of each start; one more goes before them to warm up. */
  readonly rounds: number;
  /** Length of one measurement, in ms. */
  readonly duration: number;
  /** The same in the round that warms up. */
  readonly warmUp: number;
}

/** Whose figure it is. Starts and rounds count from 1. */
export interface Turn<Name extends string = string> {
  readonly contestant: Name;
  readonly start: number;
  readonly round: number;
}

/** One contestant, whatever it runs in. */
interface TurnsRig<Name extends string> extends ClosableRig {
  readonly contestant: Name;
}

export interface TurnsOptions<Name extends string, Rig extends TurnsRig<Name>, Kind, Figures> {
  readonly plan: TurnsPlan;
  readonly contestants: readonly Name[];
  readonly makeRig: (contestant: Name, failed: (error: Error) => void) => Rig;
  readonly connect: (rig: Rig, start: number) => Promise<void>;
  /** What is measured in every round. */
  readonly kinds: readonly Kind[];
  readonly measure: (rig: Rig, kind: Kind, duration: number) => Promise<Figures>;
  readonly progress: Progress;
}

/** Takes all contestants in turn with everything that is measured, in the opposite order in every round and start. */
export async function takeTurns<
  Name extends string,
  Rig extends TurnsRig<Name>,
  Kind extends object,
  Figures extends object,
>(options: TurnsOptions<Name, Rig, Kind, Figures>): Promise<(Turn<Name> & Kind & Figures)[]> {
  const { plan, contestants, makeRig, connect, progress } = options;
  const samples: (Turn<Name> & Kind & Figures)[] = [];
  for (let start = 1; start <= plan.starts; start++) {
    const told: Progress = (line) => progress(`start ${start} of ${plan.starts}: ${line}`);
    const names = start % 2 === 0 ? contestants.toReversed() : contestants;
    const makers = names.map((name) => (failed: (error: Error) => void) => makeRig(name, failed));
    await withRigs(makers, async (rigs) => {
      told('connecting');
      for (const rig of rigs) await connect(rig, start);
      samples.push(...(await measureRounds(rigs, start, { ...options, progress: told })));
    });
  }
  return samples;
}

async function measureRounds<
  Name extends string,
  Rig extends TurnsRig<Name>,
  Kind extends object,
  Figures extends object,
>(
  rigs: readonly Rig[],
  start: number,
  { plan, kinds, measure, progress }: TurnsOptions<Name, Rig, Kind, Figures>,
): Promise<(Turn<Name> & Kind & Figures)[]> {
  const samples: (Turn<Name> & Kind & Figures)[] = [];
  for (let round = 0; round <= plan.rounds; round++) {
    progress(round === 0 ? 'warming up' : `round ${round} of ${plan.rounds}`);
    const order = round % 2 === 0 ? rigs.toReversed() : rigs;
    for (const kind of kinds) {
      for (const rig of order) {
        const figures = await measure(rig, kind, round === 0 ? plan.warmUp : plan.duration);
        const { contestant } = rig;
        if (round > 0) samples.push({ contestant, start, round, ...kind, ...figures });
      }
    }
  }
  return samples;
}
