import type { PackageRecord } from './packument.js';
import { SourceError } from './source-errors.js';
import { threadPool } from './thread-pool.js';

/** READMEs that wait, at most. */
const MAX_WAITING = 32;

/** Renders READMEs beside everything else: a long one takes seconds, in which nobody else is to wait for their calls. */
export class ReadmeThreads {
  readonly #pool = threadPool('readme-html.js');

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
