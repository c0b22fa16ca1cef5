import { closeSync, createWriteStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { CliError, explainSystemError } from './cli-error.js';

const FD = 1;

/** What waits in memory for a slow disk, in bytes. */
const BUFFER = 1_048_576;

/** Where `p2p pipe` writes to. Ending it says when everything has been written. */
export interface StandardOutput {
  readonly stream: Writable;
  /** Lets those who read it see the end, while this process goes on. */
  close(): void;
}

export function openStandardOutput(): StandardOutput {
  // process.stdout can neither be closed nor destroyed, and writes files in a way that can lose their end.
  const stats = fstatSync(FD);
  if (stats.isFIFO() || stats.isSocket()) {
    // Libuv leaves the descriptor open.
    return { stream: new Socket({ fd: FD, readable: false, writable: true }), close: () => closeSync(FD) };
  }
  const stream = process.stdout.isTTY
    ? process.stdout
    : createWriteStream('', { fd: FD, autoClose: false, highWaterMark: BUFFER });
  return { stream, close: () => {} };
}

export function outputFailed(error: unknown): CliError {
  return new CliError(`cannot write to stdout: ${explainSystemError(error)}`);
}
