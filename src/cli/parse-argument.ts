import { CliError } from './cli-error.js';

/** A value that was given as JSON at the command line. */
export function parseArgument(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError(`${text} is not JSON; a string needs quotes of its own: '"${text}"'`);
  }
}
