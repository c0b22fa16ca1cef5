import { P2PError } from '../protocol/p2p-error.js';

/** A failure that the message alone explains to the person at the terminal. */
export class CliError extends Error {}

/** One line for any failure. */
export function describeError(error: unknown): string {
  const text =
    error instanceof P2PError
      ? `${error.code}: ${error.message}`
      : error instanceof Error
        ? error.message
        : String(error);
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
