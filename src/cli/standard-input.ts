import { fstatSync } from 'node:fs';
import { CliError, explainSystemError } from './cli-error.js';

/** A directory can be stdin, and Node takes it for an empty file. */
export function checkStandardInput(): void {
  if (fstatSync(0).isDirectory()) throw new CliError('stdin is a directory');
}

/** In bytes, where it is a file. */
export function standardInputSize(): number | undefined {
  checkStandardInput();
  const stats = fstatSync(0);
  return stats.isFile() ? stats.size : undefined;
}

export function inputFailed(error: unknown): CliError {
  return new CliError(`cannot read stdin: ${explainSystemError(error)}`);
}
