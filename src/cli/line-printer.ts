import { CliError } from './cli-error.js';
import { openStandardOutput, outputFailed } from './standard-output.js';

/** Whoever read stdout wants no more. That is no failure: the command ends, and says nothing. */
export class OutputClosedError extends CliError {}

// A socket says ECONNRESET where something was not read.
const CLOSED: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET']);

/** Resolves when the line is written: it waits for a slow reader. Rejects with `OutputClosedError` where nobody reads. */
export type PrintLine = (line: string) => Promise<void>;

/** Prints lines on stdout; aborting ends also a wait for a reader that does not read. */
export function linePrinter(signal?: AbortSignal): PrintLine {
  const { stream } = openStandardOutput();
  let failure: Error | undefined;
  // Each line that is not written says so.
  stream.on('error', () => {});
  signal?.addEventListener('abort', () => stream.destroy(), { once: true });
  return (line) =>
    new Promise((resolve, reject) => {
      stream.write(`${line}\n`, (error) => {
        if (!error) return resolve();
        failure ??= CLOSED.has((error as NodeJS.ErrnoException).code) ? new OutputClosedError() : outputFailed(error);
        reject(failure);
      });
    });
}
