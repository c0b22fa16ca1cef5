import { type Spread, spreadOf } from './statistics.js';
import type { Turn, TurnsPlan } from './turns.js';

/** One figure of one contestant over all rounds. */
export function figure<Name extends string, Sample extends Turn<Name>>(
  samples: readonly Sample[],
  contestant: Name,
  of: (sample: Sample) => number,
): Spread {
  return spreadOf(samples.filter((sample) => sample.contestant === contestant).map(of));
}

/** The figure of one contestant over that of another, taken round by round. */
export function ratioOfTurns<Name extends string, Sample extends Turn<Name>>(
  samples: readonly Sample[],
  of: (sample: Sample) => number,
  [contestant, base]: readonly [Name, Name],
): Spread {
  const bases = samples.filter((sample) => sample.contestant === base);
  const baseOf = ({ start, round }: Sample) => bases.find((each) => each.start === start && each.round === round)!;
  return spreadOf(
    samples.filter((sample) => sample.contestant === contestant).map((sample) => of(sample) / of(baseOf(sample))),
  );
}

export function describeTurns({ starts, rounds, duration }: TurnsPlan): string {
  return `${starts} × ${rounds} rounds (fresh processes × rounds) of ${duration} ms each`;
}
