import type { CachedSource, Known, Wanted } from './cached-source.js';
import type { PackageIndex } from './package-index.js';
import { type PackageRecord, readPackument } from './packument.js';
import { NotFoundError, SourceError } from './source-errors.js';

/** The packages of the registry, each as it is known best; those that are looked at enter the index. */
export class Packages {
  readonly #source: CachedSource;
  readonly #index: PackageIndex;

  constructor(source: CachedSource, index: PackageIndex) {
    this.#source = source;
    this.#index = index;
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
    return { key: `package:${name}`, path, name, read: (json) => this.#read(json, name) };
  }

  #read(json: unknown, name: string): PackageRecord | undefined {
    const record = readPackument(json, name);
    if (!record) return undefined;
    const { version, description, keywords, maintainers, publishedAt } = record.details;
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
