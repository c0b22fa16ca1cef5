import { setTimeout as pause } from 'node:timers/promises';
import { isPackageName, type PackageSummary } from '../contract.js';
import type { ChangeFeed } from './change-feed.js';
import type { Downloads } from './downloads.js';
import type { PackageIndex } from './package-index.js';
import type { Packages } from './packages.js';
import { LARGEST_PAGE, readFound, searchPath } from './search.js';
import type { Source } from './source.js';
import { NotFoundError, SourceError } from './source-errors.js';

const CANNOT_SEARCH =
  'The registry cannot search in this way; PKG_STATS_QUERIES sets what is searched for, PKG_STATS_CHANGES a change feed instead';

/** Most that registries let anybody page through. */
const MAX_FOUND = 10_000;

/** Packages whose downloads are looked at after each poll: those without a scope go many at a time. */
const COUNTED_AT_A_TIME = { scoped: 20, others: 1_024 };

/** Changed packages that are fetched at the same time. */
const AT_A_TIME = 8;

export interface FillerOptions {
  readonly source: Source;
  readonly packages: Packages;
  readonly index: PackageIndex;
  readonly downloads: Downloads;
  readonly changes: ChangeFeed | undefined;
  readonly queries: readonly string[];
  /** In ms. */
  readonly pollEvery: number;
  /** The index may have changed. */
  changed(): void;
  /** Something does not work, which did before; or it works again. */
  log(line: string): void;
}

/** Keeps the index up to date: by what the registry finds, and by its change feed where there is one. */
export class IndexFiller {
  readonly #options: FillerOptions;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  /** What does not work, and why. */
  readonly #failing = new Map<string, string>();
  /** Where the next look at downloads begins. */
  #cursor = 0;

  constructor(options: FillerOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#poll();
      await pause(this.#options.pollEvery, undefined, { signal }).catch(() => {});
    }
  }

  async #poll(): Promise<void> {
    const { queries, changes, index, changed } = this.#options;
    const works: boolean[] = [];
    for (const query of queries) works.push(await this.#try(`the search for "${query}"`, () => this.#search(query)));
    if (changes) works.push(await this.#try('the change feed', () => this.#follow(changes)));
    if (this.#closing.signal.aborted) return;
    if (works.includes(true)) index.updated();
    changed();
    await this.#try('the source of downloads', () => this.#count());
    if (!this.#closing.signal.aborted) changed();
  }

  /** Failures are told once, and once for all of the same reason; and so is their end. */
  async #try(what: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      if (this.#failing.delete(what)) this.#options.log(`${what} works again`);
      return true;
    } catch (error) {
      const { message } = error as Error;
      const isNews = !this.#failing.has(what) && ![...this.#failing.values()].includes(message);
      this.#failing.set(what, message);
      if (isNews && !this.#closing.signal.aborted) this.#options.log(`${what} does not work: ${message}`);
      return false;
    }
  }

  async #search(query: string): Promise<void> {
    const { source, index, changed } = this.#options;
    const question = { inBackground: true, signal: this.#closing.signal };
    for (let from = 0; from < MAX_FOUND; from += LARGEST_PAGE) {
      const answer = await source.json(searchPath(query, { from, size: LARGEST_PAGE }), question).catch(withAdvice);
      if (answer.kind !== 'value') throw new SourceError('failing', CANNOT_SEARCH);
      const found = readFound(answer.value);
      for (const summary of found.packages) index.hear(summary);
      if (found.packages.length < LARGEST_PAGE) return;
      changed();
    }
  }

  async #follow(changes: ChangeFeed): Promise<void> {
    for await (const batch of changes.batches(this.#closing.signal)) {
      const names = [...new Set(batch.filter(({ name }) => isPackageName(name)).map(({ name }) => name))];
      for (let i = 0; i < names.length; i += AT_A_TIME) {
        await Promise.all(names.slice(i, i + AT_A_TIME).map((name) => this.#look(name)));
      }
      this.#options.changed();
    }
  }

  /** @throws SourceError where it is not about this package alone: the feed is taken up from here then */
  async #look(name: string): Promise<void> {
    try {
      await this.#options.packages.renew(name);
    } catch (error) {
      const isOfThis = error instanceof NotFoundError || (error instanceof SourceError && error.problem === 'failing');
      if (!isOfThis) throw error;
    }
  }

  async #count(): Promise<void> {
    const { index, downloads } = this.#options;
    const counts = await downloads.weekly(this.#nextToCount([...index.all()]), { inBackground: true });
    for (const [name, count] of counts) if (count !== null) index.setDownloads(name, count);
    if (downloads.problem) throw new SourceError(downloads.problem, `it is ${downloads.problem}`);
  }

  #nextToCount(all: readonly PackageSummary[]): string[] {
    const left = { ...COUNTED_AT_A_TIME };
    const names: string[] = [];
    for (let looked = 0; looked < all.length && (left.scoped > 0 || left.others > 0); looked++) {
      const { name } = all[this.#cursor++ % all.length] as PackageSummary;
      const kind = name.startsWith('@') ? 'scoped' : 'others';
      if (left[kind]-- > 0) names.push(name);
    }
    return names;
  }
}

/** Some registries refuse what they do not search for, such as npm's an empty text. */
function withAdvice(cause: unknown): never {
  if (!(cause instanceof SourceError && cause.problem === 'failing')) throw cause;
  throw new SourceError('failing', `${cause.message}. ${CANNOT_SEARCH}`, { cause });
}
