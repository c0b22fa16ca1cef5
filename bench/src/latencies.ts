/** How long things of one kind took, in ms. */
export interface Latencies {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly most: number;
}

export function summarizeLatencies(latencies: readonly number[]): Latencies {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.ceil(sorted.length * part) - 1]!;
  return { count: sorted.length, median: at(0.5), p99: at(0.99), most: at(1) };
}
