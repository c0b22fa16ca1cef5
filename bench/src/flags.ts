import { parseArgs } from 'node:util';

/** What the command line asks for; what it leaves open is up to the plan. */
export interface Flags {
  /** A small run that says little of the figures, but that everything works. */
  readonly quick: boolean;
  /** Whether to keep the figures in the repository. */
  readonly write: boolean;
  readonly starts: number | undefined;
  readonly rounds: number | undefined;
  /** Length of one measurement, in ms. */
  readonly duration: number | undefined;
  readonly clients: readonly number[] | undefined;
}

/** @throws Error for a flag or value that it does not know */
export function readFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      starts: { type: 'string' },
      rounds: { type: 'string' },
      duration: { type: 'string' },
      clients: { type: 'string' },
    },
  });
  if (values.quick && values.write) throw new Error('--quick is too short a run to --write');
  return {
    quick: values.quick,
    write: values.write,
    starts: count('--starts', values.starts),
    rounds: count('--rounds', values.rounds),
    duration: count('--duration', values.duration),
    clients: values.clients?.split(',').flatMap((part) => count('--clients', part) ?? []),
  };
}

function count(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`${flag} takes whole numbers above 0, not "${text}"`);
}
