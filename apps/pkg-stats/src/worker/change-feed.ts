import * as v from 'valibot';
import type { Cache } from './cache.js';
import type { Source } from './source.js';
import { SourceError } from './source-errors.js';

/** A package that is another one than before. */
export interface Change {
  readonly name: string;
  readonly isDeleted: boolean;
}

/** Changes of one answer. */
const BATCH = 100;

/** Where there is nothing from before: so many of the latest changes. */
const LATEST = 1_000;

const sequence = v.union([v.number(), v.string()]);
const batch = v.object({
  results: v.array(v.object({ id: v.string(), deleted: v.optional(v.boolean(), false) })),
  last_seq: sequence,
});
const database = v.object({ update_seq: v.number() });

/** What CouchDB calls `_changes`: read from where it was left off. */
export class ChangeFeed {
  readonly #source: Source;
  readonly #cache: Cache;

  /** @param source its base is the address of the feed */
  constructor(source: Source, cache: Cache) {
    this.#source = source;
    this.#cache = cache;
  }

  /** All that has changed since what was marked as done. @throws SourceError */
  async *batches(signal: AbortSignal): AsyncGenerator<Change[]> {
    while (!signal.aborted) {
      const since = await this.#since();
      const query = new URLSearchParams({ since: String(since), limit: String(BATCH) });
      const answer = await this.#source.json(`?${query}`, { inBackground: true, signal });
      if (answer.kind !== 'value' || !v.is(batch, answer.value))
        throw new SourceError('failing', 'This is no change feed');
      const { results, last_seq } = v.parse(batch, answer.value);
      if (results.length > 0) yield results.map(({ id, deleted }) => ({ name: id, isDeleted: deleted }));
      // Only now: what was not dealt with is told again.
      this.#cache.putState(this.#key, last_seq);
      if (results.length < BATCH) return;
    }
  }

  get #key(): string {
    return `since:${this.#source.base}`;
  }

  async #since(): Promise<string | number> {
    const stored = this.#cache.state(this.#key);
    if (v.is(sequence, stored)) return stored;
    // A registry tells millions from its beginning. The database, above its feed, says where that is now; where there is
    // no such number, all are taken.
    const answer = await this.#source.json('/..', { inBackground: true });
    const isKnown = answer.kind === 'value' && v.is(database, answer.value);
    return isKnown ? Math.max(0, v.parse(database, answer.value).update_seq - LATEST) : 0;
  }
}
