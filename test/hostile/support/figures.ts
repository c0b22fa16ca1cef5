import { TestRunner } from 'vitest';
import { startChild } from './child.js';
import type { RelayProcess } from './relay-process.js';

/** What an attack came to, beside its goal in the table of threats. */
export interface Figure {
  readonly threat: string;
  readonly size: string;
  readonly goal: string;
  readonly measured: string;
  readonly ok: boolean;
}

declare module 'vitest' {
  interface TaskMeta {
    figures?: Figure[];
  }
}

/** `HOSTILE=full`: the sizes of the goals; otherwise what fits into a few seconds. */
export const FULL = process.env.HOSTILE === 'full';

export function atSize<T>(short: T, full: T): T {
  return FULL ? full : short;
}

/** Keeps a row for the table that `figures-reporter.ts` shows. Goals of time are shown and never asserted. */
export function record(figure: Figure): void {
  const test = TestRunner.getCurrentTest();
  if (test) test.meta.figures = [...(test.meta.figures ?? []), figure];
}

/** How much more is in use, in MB. */
export function growth(before: NodeJS.MemoryUsage, after: NodeJS.MemoryUsage, kind: 'heapUsed' | 'rss'): number {
  return (after[kind] - before[kind]) / 1e6;
}

export function megabytes(amount: number): string {
  return `${amount >= 0 ? '+' : ''}${amount.toFixed(1)} MB`;
}

/** Times of answers, in ms. */
export interface Latency {
  readonly count: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
}

/** Two clients in a process of their own, who mean no harm and ask each other all the time. */
export interface HonestPair {
  /** As long as the work goes on. */
  during(work: () => Promise<unknown>): Promise<Latency>;
  /** So many requests. */
  requests(count: number): Promise<Latency>;
}

export async function honest({ url }: Pick<RelayProcess, 'url'>): Promise<HonestPair> {
  const child = await startChild('honest-child.js', { url });
  return {
    requests: (count) => child.ask('requests', count),
    during: async (work) => {
      await child.ask('start');
      await work();
      return child.ask('stop');
    },
  };
}

/** Records how an honest client fared during an attack, as compared with before. */
export function recordLatency(threat: string, before: Latency, during: Latency): void {
  record({
    threat,
    size: `${during.count} requests`,
    goal: 'honest p99 ≤ 2×',
    measured: `p50 ${ms(before.p50)} → ${ms(during.p50)}, p99 ${ms(before.p99)} → ${ms(during.p99)}`,
    ok: during.p99 <= 2 * before.p99,
  });
}

function ms(time: number): string {
  return `${time.toFixed(1)} ms`;
}
