import { table } from './markdown.js';

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
