import { getSystemErrorMap } from 'node:util';
import type { ErrorCode } from '../protocol/error-codes.js';
import { P2PError } from '../protocol/p2p-error.js';
import { escapeControls, formatJson } from './format-json.js';

/** A failure that the message alone explains to the person at the terminal. */
export class CliError extends Error {}

/** What their details alone explain. */
const DETAILED: ReadonlySet<ErrorCode> = new Set(['INPUT_INVALID', 'OUTPUT_INVALID', 'SERVICE_ERROR']);

/** One line for any failure. A peer may have written it: it must not be able to draw on the terminal. */
export function describeError(error: unknown): string {
  const text =
    error instanceof P2PError ? describeP2PError(error) : error instanceof Error ? error.message : String(error);
  return escapeControls(text.replaceAll(/\s*\n\s*/g, ' '));
}

function describeP2PError({ code, message, details }: P2PError): string {
  return `${code}: ${message}${DETAILED.has(code) ? ` ${formatJson(details)}` : ''}`;
}

/** What the operating system says, without the paths that Node adds: a peer is told it too. */
export function explainSystemError(error: unknown): string {
  const { code, errno, message } = error as NodeJS.ErrnoException;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  return known ? known[1] : (code ?? message);
}
