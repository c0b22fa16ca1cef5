import type { CachedSource, Known, Wanted } from './cached-source.js';
import type { PackageIndex } from './package-index.js';
import type { PackageRecord } from './packument.js';
import type { PackumentThreads } from './packument-threads.js';
import { NotFoundError, SourceError } from './source-errors.js';

/** The packages of the registry, each as it is known best; those that are looked at enter the index. */
export class Packages {
  readonly #source: CachedSource;
  readonly #index: PackageIndex;
  readonly #threads: PackumentThreads;

  constructor(source: CachedSource, index: PackageIndex, threads: PackumentThreads) {
    this.#source = source;
    this.#index = index;
    this.#threads = threads;
  }

  /** @throws SourceError where nothing is known from before; NotFoundError */
  async record(name: string): Promise<Known<PackageRecord>> {
    const known = await this.#orForgotten(name, this.#source.get(this.#wanted(name)));
    const version = this.#index.get(name)?.version ?? known.value.details.version;
    if (version === known.value.details.version || known.freshness.problem) return known;
    // The index has heard of another version since.
    return this.renew(name).catch((error: unknown) => {
      if (error instanceof SourceError) return known;
      throw error;
    });
  }

  /** As it is now. @throws SourceError, NotFoundError */
  renew(name: string): Promise<Known<PackageRecord>> {
    return this.#orForgotten(name, this.#source.renew(this.#wanted(name)));
  }

  #wanted(name: string): Wanted<PackageRecord> {
    // The slash of a scope is a part of the name.
    const path = `/${name.replace('/', '%2f')}`;
    return {
      key: `package:${name}`,
      path,
      name,
      parse: (bytes, signal) => this.#threads.read(bytes, name, signal),
      read: (record) => this.#take(record as PackageRecord | undefined),
    };
  }

  #take(record: PackageRecord | undefined): PackageRecord | undefined {
    if (!record) return undefined;
    const { name, version, description, keywords, maintainers, publishedAt } = record.details;
    this.#index.put({ name, version, description, keywords, maintainers, publishedAt, downloads: null });
    return record;
  }

  async #orForgotten<T>(name: string, known: Promise<T>): Promise<T> {
    try {
      return await known;
    } catch (error) {
      if (error instanceof NotFoundError) this.#index.remove(name);
      throw error;
    }
  }
}
