import type { Progress } from '../progress.js';
import { withRigs } from '../with-rigs.js';
import { CONTESTANTS, type ContestantName } from './contestants.js';
import type { TurnsPlan } from './plan.js';
import { Rig, type RigShape } from './rig.js';

/** Whose figure it is. Starts and rounds count from 1. */
export interface Turn {
  readonly contestant: ContestantName;
  readonly start: number;
  readonly round: number;
}

export interface TurnsOptions<Kind, Figures> {
  readonly plan: TurnsPlan;
  readonly shape: Omit<RigShape, 'contestant'>;
  /** What is measured in every round. */
  readonly kinds: readonly Kind[];
  readonly measure: (rig: Rig, kind: Kind, duration: number) => Promise<Figures>;
  readonly progress: Progress;
}

/** Takes both contestants in turn with everything that is measured, in the opposite order in every round and start. */
export async function takeTurns<Kind extends object, Figures extends object>(
  options: TurnsOptions<Kind, Figures>,
): Promise<(Turn & Kind & Figures)[]> {
  const { plan, shape, progress } = options;
  const samples: (Turn & Kind & Figures)[] = [];
  for (let start = 1; start <= plan.starts; start++) {
    const told: Progress = (line) => progress(`start ${start} of ${plan.starts}: ${line}`);
    const names = start % 2 === 0 ? CONTESTANTS.toReversed() : CONTESTANTS;
    const makers = names.map(
      (contestant) => (failed: (error: Error) => void) => new Rig({ ...shape, contestant }, failed),
    );
    await withRigs(makers, async (rigs) => {
      told('connecting');
      for (const rig of rigs) await rig.connect();
      samples.push(...(await measureRounds(rigs, start, { ...options, progress: told })));
    });
  }
  return samples;
}

async function measureRounds<Kind extends object, Figures extends object>(
  rigs: readonly Rig[],
  start: number,
  { plan, kinds, measure, progress }: TurnsOptions<Kind, Figures>,
): Promise<(Turn & Kind & Figures)[]> {
  const samples: (Turn & Kind & Figures)[] = [];
  for (let round = 0; round <= plan.rounds; round++) {
    progress(round === 0 ? 'warming up' : `round ${round} of ${plan.rounds}`);
    const order = round % 2 === 0 ? rigs.toReversed() : rigs;
    for (const kind of kinds) {
      for (const rig of order) {
        const figures = await measure(rig, kind, round === 0 ? plan.warmUp : plan.duration);
        const { contestant } = rig.shape;
        if (round > 0) samples.push({ contestant, start, round, ...kind, ...figures });
      }
    }
  }
  return samples;
}
