import { setTimeout as sleep } from 'node:timers/promises';

/** In bytes. */
export interface Memory {
  readonly rss: number;
  readonly heap: number;
  /** Of buffers, and of all else that V8 has others hold. */
  readonly external: number;
}

/** In ms. */
const SWEEP_TIME = 100;

/** What stays after a garbage collection. */
export function collectedMemory(): Memory {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed, external };
}

/** The same when buffers too are gone: V8 frees them after the collection that found them dead, and counts them until then. */
export async function settledMemory(): Promise<Memory> {
  collectedMemory();
  await sleep(SWEEP_TIME);
  return collectedMemory();
}

/** Heap and buffers: RSS alone hides what goes where garbage was. */
export function inUse({ heap, external }: Memory): number {
  return heap + external;
}
