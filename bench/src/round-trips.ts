import { type Latencies, summarizeLatencies } from './latencies.js';
import { isSamePayload, type Payload } from './relay/payloads.js';

export interface RoundTrips {
  readonly elapsedMs: number;
  /** From each question to its answer. */
  readonly latencies: Latencies;
}

export interface RoundTripOptions {
  /** In ms. */
  readonly duration: number;
  /** What every answer is. */
  readonly answer: Payload;
}

/** Asks each over and over, the next time with the answer to the last one. @throws Error for a wrong answer */
export async function runRoundTrips(
  asks: readonly (() => Promise<unknown>)[],
  { duration, answer }: RoundTripOptions,
): Promise<RoundTrips> {
  const latencies: number[] = [];
  const start = performance.now();
  const until = start + duration;
  const askOn = async (ask: () => Promise<unknown>) => {
    let isFirst = true;
    for (let askedAt = start; askedAt < until; ) {
      askedAt = performance.now();
      const result = await ask();
      latencies.push(performance.now() - askedAt);
      // One look per stretch: looking is no part of answering.
      if (isFirst && !isSamePayload(result, answer)) throw new Error('An answer was another than what was sent');
      isFirst = false;
    }
  };
  await Promise.all(asks.map(askOn));
  return { elapsedMs: performance.now() - start, latencies: summarizeLatencies(latencies) };
}
