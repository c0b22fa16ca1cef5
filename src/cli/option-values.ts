import { InvalidArgumentError } from 'commander';
import { CliError } from './cli-error.js';

const AUTH_EXAMPLE = `: it looks like '{"token":"..."}'`;

/** Reads a whole number in a range, for an option. */
export function wholeNumber(least: number, most = 2_147_483_647): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** Reads a JSON object that may hold a secret: no error quotes it, as Commander's own would, and those of `JSON.parse`. */
export function secretObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CliError(`what --auth or P2P_AUTH gives is not JSON${AUTH_EXAMPLE}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CliError(`what --auth or P2P_AUTH gives is no JSON object${AUTH_EXAMPLE}`);
}

/** Reads the address of a Redis, which may hold a password: no error quotes it. */
export function redisAddress(text: string): string {
  if (/^rediss?:\/\/[^/]/.test(text) && URL.canParse(text)) return text;
  throw new CliError('what --redis or P2P_REDIS gives is no address of a Redis: it looks like redis://localhost:6379');
}
