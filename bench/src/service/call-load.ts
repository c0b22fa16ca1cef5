import type { Payload } from '../relay/payloads.js';
import { type RoundTrips, runRoundTrips } from '../round-trips.js';
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

/** Calls from the first clients, each next call with the answer to the last one. @throws Error for a wrong result */
export function runCalls(
  clients: readonly ServiceClient[],
  { hosting, callers, inFlight, duration }: CallOrder,
  argument: Payload,
): Promise<RoundTrips> {
  const calls = clients
    .slice(0, callers)
    .flatMap((client) => Array.from({ length: inFlight }, () => () => client.call(hosting, argument)));
  return runRoundTrips(calls, { duration, answer: argument });
}
