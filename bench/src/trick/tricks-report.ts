import { machineLine } from '../machine.js';
import { number, ratio, spread, table } from '../markdown.js';
import { describeTurns, figure, ratioOfTurns } from '../turn-figures.js';
import { cpuEach, describe, eachSecond, perFrameIn, perFrameOut, samplesOf } from '../wire/wire-report.js';
import { TRICK_KINDS, type TrickSample, type TricksResults } from './run-tricks.js';
import type { TrickName } from './tricks.js';

/** The run as Markdown. */
export function reportTricks({ machine, plan, samples }: TricksResults): string {
  const parts = [
    machineLine(machine),
    `${describeTurns(plan)}; median (least–most). No clients are connected but those that talk.`,
    ...TRICK_KINDS.flatMap((kind) => [`**${describe(kind)}**`, tableOf(samplesOf(samples, kind), plan.tricks)]),
  ];
  return parts.join('\n\n');
}

function tableOf(samples: readonly TrickSample[], tricks: readonly TrickName[]): string {
  const rows = tricks.map((name) => [
    name,
    spread(figure(samples, name, cpuEach)),
    name === 'all on' ? '' : `**${spread(ratioOfTurns(samples, cpuEach, [name, 'all on']), ratio)}**`,
    ...[eachSecond, perFrameIn, perFrameOut].map((of) => number(figure(samples, name, of).median)),
  ]);
  return table(['', 'server, µs CPU', 'this / all on', 'a second', 'in a frame, in', 'in a frame, out'], rows);
}
