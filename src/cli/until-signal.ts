import { once } from 'node:events';

/** Resolves at SIGINT or SIGTERM, or when `stop` aborts. A second signal ends the process as usual. */
export async function untilSignal(stop?: AbortSignal): Promise<void> {
  const done = new AbortController();
  const signal = stop ? AbortSignal.any([stop, done.signal]) : done.signal;
  await Promise.race([once(process, 'SIGINT', { signal }), once(process, 'SIGTERM', { signal })]).catch(() => {});
  done.abort();
}
