import { parseArgs } from 'node:util';

export const SUITES = ['wires', 'tricks', 'relay', 'streams', 'services', 'cluster'] as const;

export type SuiteName = (typeof SUITES)[number];

/** What the command line asks for; what it leaves open is up to the plan. */
export interface Flags {
  /** In the order of `SUITES`. */
  readonly suites: readonly SuiteName[];
  /** A small run that says little of the figures, but that everything works. */
  readonly quick: boolean;
  /** Whether to keep the figures in the repository. */
  readonly write: boolean;
  readonly starts: number | undefined;
  readonly rounds: number | undefined;
  /** Length of one measurement, in ms. */
  readonly duration: number | undefined;
  /** Of the messages of the relay suite. */
  readonly clients: readonly number[] | undefined;
  /** Of the suite, by name. */
  readonly parts: readonly string[] | undefined;
}

/** @throws Error for a flag or value that it does not know */
export function readFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      suite: { type: 'string' },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      starts: { type: 'string' },
      rounds: { type: 'string' },
      duration: { type: 'string' },
      clients: { type: 'string' },
      part: { type: 'string' },
    },
  });
  if (values.quick && values.write) throw new Error('--quick is too short a run to --write');
  if (values.part !== undefined && values.write) throw new Error('--write keeps whole suites, not a --part');
  if (values.part !== undefined && values.suite === undefined) throw new Error('--part goes with a --suite');
  return {
    suites: suitesOf(values.suite),
    quick: values.quick,
    write: values.write,
    starts: count('--starts', values.starts),
    rounds: count('--rounds', values.rounds),
    duration: count('--duration', values.duration),
    clients: values.clients?.split(',').flatMap((part) => count('--clients', part) ?? []),
    parts: values.part?.split(','),
  };
}

function suitesOf(text: string | undefined): readonly SuiteName[] {
  if (text === undefined) return SUITES;
  const suites = SUITES.filter((suite) => suite === text);
  if (suites.length === 0) throw new Error(`--suite takes ${SUITES.join(', ')}, not "${text}"`);
  return suites;
}

function count(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`${flag} takes whole numbers above 0, not "${text}"`);
}
