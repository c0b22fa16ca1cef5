import { join } from 'node:path';
import { Piscina } from 'piscina';
import type { PackageRecord } from './packument.js';

/** As it is compiled: threads run no TypeScript. The same seen from `src` and from `dist`. */
const RENDERER = join(import.meta.dirname, '../../dist/worker/readme-html.js');

/** A README that takes long leaves one for the others. */
const THREADS = 2;

/** How long a thread waits for the next README, in ms. */
const IDLE = 60_000;

/** Renders READMEs beside everything else: a long one takes seconds, in which nobody else is to wait for their calls. */
export class ReadmeThreads {
  readonly #pool = new Piscina({
    filename: RENDERER,
    minThreads: 0,
    maxThreads: THREADS,
    idleTimeout: IDLE,
    recordTiming: false,
  });

  /** Safe to show. */
  html(given: Pick<PackageRecord, 'readme' | 'repository'>): Promise<string> {
    return this.#pool.run(given, { name: 'readmeHtml' });
  }

  /** What is under way ends unfinished. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
