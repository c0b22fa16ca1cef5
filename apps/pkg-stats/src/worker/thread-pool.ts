import { join } from 'node:path';
import { Piscina } from 'piscina';

/** Where what threads run is, as it is compiled: they run no TypeScript. The same seen from `src` and from `dist`. */
const COMPILED = join(import.meta.dirname, '../../dist/worker');

/** What takes long leaves one for the others. */
const THREADS = 2;

/** How long a thread waits for more to do, in ms. */
const IDLE = 60_000;

/** What one thread may take, in MiB: beyond that its work fails, and nothing else does. */
const MEMORY = 768;

/** Threads that run the exported functions of one file. */
export function threadPool(file: string): Piscina {
  return new Piscina({
    filename: join(COMPILED, file),
    minThreads: 0,
    maxThreads: THREADS,
    idleTimeout: IDLE,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY },
    recordTiming: false,
  });
}
