import { type Latencies, summarizeLatencies } from '../latencies.js';
import { isSamePayload, type Payload } from '../relay/payloads.js';
import type { Hosting, ServiceClient } from './service-contestant.js';

/** One stretch of calling. */
export interface CallOrder {
  readonly hosting: Hosting;
  /** Clients that call. */
  readonly callers: number;
  /** Calls of each that are under way at once. */
  readonly inFlight: number;
  /** In ms. */
  readonly duration: number;
}

export interface CallResult {
  readonly elapsedMs: number;
  /** From the call to its result, of every call. */
  readonly latencies: Latencies;
}

/** Calls from the first clients, each next call with the answer to the last one. @throws Error for a wrong result */
export async function runCalls(
  clients: readonly ServiceClient[],
  { hosting, callers, inFlight, duration }: CallOrder,
  argument: Payload,
): Promise<CallResult> {
  const latencies: number[] = [];
  const start = performance.now();
  const until = start + duration;
  const callOn = async (client: ServiceClient) => {
    let isFirst = true;
    for (let calledAt = start; calledAt < until; ) {
      calledAt = performance.now();
      const result = await client.call(hosting, argument);
      latencies.push(performance.now() - calledAt);
      // One look per stretch: looking is no part of calling.
      if (isFirst && !isSamePayload(result, argument)) throw new Error('A call had another result than its argument');
      isFirst = false;
    }
  };
  const loops = clients.slice(0, callers).flatMap((client) => Array.from({ length: inFlight }, () => callOn(client)));
  await Promise.all(loops);
  return { elapsedMs: performance.now() - start, latencies: summarizeLatencies(latencies) };
}
