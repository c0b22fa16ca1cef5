import type { Latencies } from '../latencies.js';
import { describeMachine, type Machine } from '../machine.js';
import type { Progress } from '../progress.js';
import { type Turn, type TurnsPlan, takeTurns } from '../turns.js';
import { withRigs } from '../with-rigs.js';
import { Broker } from './broker.js';
import { CONTESTANTS, type ContestantName } from './contestants.js';
import { KINDS, type Kind } from './plan.js';
import { type Figures, Rig } from './rig.js';

export type Sample = Turn<ContestantName> & Kind & Figures;

export interface ClusterResults {
  readonly machine: Machine;
  readonly plan: TurnsPlan;
  readonly samples: readonly Sample[];
  readonly lookups: readonly Lookup[];
}

/** How long lookups of a client of the other server took, in ms. */
export type Lookup = Latencies & { readonly isFrozen: boolean };

/** @throws Error where there is no `redis-server`, when a process dies or a message gets lost */
export async function runCluster(plan: TurnsPlan, progress: Progress): Promise<ClusterResults> {
  const machine = describeMachine();
  const broker = await Broker.start();
  if (!broker)
    throw new Error('The suite cluster needs redis-server on the PATH (Debian: apt-get install redis-server)');
  try {
    const samples = await takeTurns<ContestantName, Rig, Kind, Figures>({
      plan,
      contestants: CONTESTANTS,
      makeRig: (contestant, failed) => new Rig({ contestant, broker, failed }),
      connect: (rig) => rig.connect(),
      kinds: KINDS,
      measure: (rig, kind, duration) => rig.measure(kind, duration),
      progress,
    });
    return { machine, plan, samples, lookups: await measureLookups(broker, progress) };
  } finally {
    await broker.close();
  }
}

/** Shorter than servers take to lose each other, in ms. */
const LOOKING = 2_000;

async function measureLookups(broker: Broker, progress: Progress): Promise<Lookup[]> {
  progress('lookups');
  const make = (failed: (error: Error) => void) => new Rig({ contestant: 'ours, sharded', broker, failed });
  return withRigs([make], async ([rig]) => {
    await rig!.connect();
    const lookups: Lookup[] = [];
    for (const isFrozen of [false, true]) lookups.push({ isFrozen, ...(await rig!.look(LOOKING, isFrozen)) });
    return lookups;
  });
}
