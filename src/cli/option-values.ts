import { InvalidArgumentError } from 'commander';

/** Reads a whole number in a range, for an option. */
export function wholeNumber(least: number, most = 2_147_483_647): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}
