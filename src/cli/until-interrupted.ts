import { CliError } from './cli-error.js';
import { untilSignal } from './until-signal.js';

/** Runs something that SIGINT or SIGTERM aborts; it then fails with `interrupted`, whatever it makes of that. */
export async function untilInterrupted<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const done = new AbortController();
  const interrupted = new AbortController();
  const reason = new CliError('interrupted');
  void untilSignal(done.signal).then(() => {
    if (!done.signal.aborted) interrupted.abort(reason);
  });
  try {
    return await run(interrupted.signal);
  } catch (error) {
    throw interrupted.signal.aborted ? reason : error;
  } finally {
    done.abort();
  }
}

/** Something to race with. */
export function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
