import { join } from 'node:path';
import { Piscina } from 'piscina';
import type { PackageRecord } from './packument.js';
import { SourceError } from './source-errors.js';

/** As it is compiled: threads run no TypeScript. The same seen from `src` and from `dist`. */
const RENDERER = join(import.meta.dirname, '../../dist/worker/readme-html.js');

/** A README that takes long leaves one for the others. */
const THREADS = 2;

/** READMEs that wait, at most. */
const MAX_WAITING = 32;

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

  /** Safe to show. @throws SourceError where too many wait */
  async html(given: Pick<PackageRecord, 'readme' | 'repository'>, signal: AbortSignal): Promise<string> {
    if (this.#pool.queueSize >= MAX_WAITING) throw new SourceError('rate-limited', 'Too many READMEs wait');
    return this.#pool.run(given, { name: 'readmeHtml', signal });
  }

  /** What is under way ends unfinished. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
