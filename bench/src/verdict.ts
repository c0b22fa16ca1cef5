import { ratio, spread, table } from './markdown.js';
import type { Spread } from './statistics.js';

/** One goal, and what came of it. */
export interface Verdict {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  readonly met: boolean;
}

export function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ what, goal, measured, met }) => [what, goal, measured, met ? 'met' : '**missed**']);
  return table(['what', 'goal', 'measured', ''], rows);
}

export interface Comparison {
  readonly what: string;
  readonly measured: Spread;
  readonly most: number;
}

/** A goal on ratios: their median counts. */
export function atMostRatio({ what, measured, most }: Comparison): Verdict {
  return { what, goal: `≤ ${ratio(most)}`, measured: spread(measured, ratio), met: measured.median <= most };
}
