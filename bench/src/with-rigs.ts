/** Processes that belong together. */
export interface ClosableRig {
  /** Ends them, whatever they are doing. */
  close(): Promise<void>;
}

/** Makes one rig. A process of it that cannot go on is told to `failed`. */
export type RigMaker<Rig> = (failed: (error: Error) => void) => Rig;

/** Starts all rigs; ends all their processes when the work is over, or as soon as one of them fails. */
export async function withRigs<Rig extends ClosableRig, Result>(
  makers: readonly RigMaker<Rig>[],
  work: (rigs: readonly Rig[]) => Promise<Result>,
): Promise<Result> {
  const rigs: Rig[] = [];
  try {
    return await new Promise<Result>((resolve, failed) => {
      for (const make of makers) rigs.push(make(failed));
      work(rigs).then(resolve, failed);
    });
  } finally {
    await Promise.all(rigs.map((rig) => rig.close()));
  }
}
