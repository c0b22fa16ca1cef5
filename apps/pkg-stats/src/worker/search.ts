import { isPackageName, type PackageSummary, type SearchPage } from '../contract.js';
import type { CachedSource } from './cached-source.js';
import { countOf, listOf, own, textOf, textsOf, timeOf, userOf } from './json-reader.js';
import type { PackageIndex } from './package-index.js';
import { NotFoundError, SourceError } from './source-errors.js';

/** What a registry finds. */
export interface Found {
  readonly packages: readonly PackageSummary[];
  /** As the registry says; it may count those of this page alone. */
  readonly total: number;
}

/** A page without what others know of it. */
export type FoundPage = Omit<SearchPage, 'downloadsFreshness'>;

/** Most that registries answer at a time. */
export const LARGEST_PAGE = 250;

/** The path by which npm-compatible registries search. */
export function searchPath(text: string, { from, size }: { from: number; size: number }): string {
  return `/-/v1/search?${new URLSearchParams({ text, size: String(size), from: String(from) })}`;
}

/**
 * Reads what a registry has found: npm, and Verdaccio, which tells the tags instead of the version.
 * @throws SourceError
 */
export function readFound(json: unknown): Found {
  const objects = own(json, 'objects');
  if (!Array.isArray(objects)) throw new SourceError('failing', 'This is no answer to a search');
  const packages = objects
    .slice(0, LARGEST_PAGE)
    .map(readObject)
    .filter((summary) => summary !== undefined);
  return { packages, total: countOf(own(json, 'total')) ?? packages.length };
}

/** Free text: the registry is asked, and where it cannot search, or does not answer, the index. */
export class Search {
  readonly #source: CachedSource;
  readonly #index: PackageIndex;

  constructor(source: CachedSource, index: PackageIndex) {
    this.#source = source;
    this.#index = index;
  }

  async find({ text, from, size }: { text: string; from: number; size: number }): Promise<FoundPage> {
    try {
      // One more than wanted shows whether there are more, where the registry does not count them.
      const { value, freshness } = await this.#source.get({
        key: `search:${from}:${size}:${text}`,
        path: searchPath(text, { from, size: Math.min(size + 1, LARGEST_PAGE) }),
        name: text,
        read: readFound,
      });
      for (const summary of value.packages) this.#index.hear(summary);
      const packages = value.packages.slice(0, size).map((summary) => this.completed(summary));
      return { total: Math.max(value.total, from + value.packages.length), packages, origin: 'registry', freshness };
    } catch (error) {
      if (error instanceof NotFoundError) return this.#fromIndex({ text, from, size }, null);
      if (error instanceof SourceError) return this.#fromIndex({ text, from, size }, error.problem);
      throw error;
    }
  }

  /** With what the index knows beside. */
  completed(summary: PackageSummary): PackageSummary {
    const known = this.#index.get(summary.name);
    return known?.version === summary.version
      ? known
      : { ...summary, downloads: summary.downloads ?? known?.downloads ?? null };
  }

  #fromIndex(
    { text, from, size }: { text: string; from: number; size: number },
    problem: SearchPage['freshness']['problem'],
  ): FoundPage {
    const found = this.#index.search(text);
    if (problem && this.#index.size === 0) throw new SourceError(problem, 'The index is empty');
    return {
      total: found.length,
      packages: found.slice(from, from + size),
      origin: 'index',
      freshness: { asOf: this.#index.updatedAt ?? Date.now(), problem },
    };
  }
}

function readObject(object: unknown): PackageSummary | undefined {
  const json = own(object, 'package');
  const name = textOf(own(json, 'name'), 214);
  const version = textOf(own(json, 'version') ?? own(own(json, 'dist-tags'), 'latest'), 100);
  if (name === undefined || !isPackageName(name) || version === undefined) return undefined;
  const people = listOf(own(json, 'maintainers')).map(userOf);
  return {
    name,
    version,
    description: textOf(own(json, 'description'), 500) ?? '',
    keywords: textsOf(listOf(own(json, 'keywords')), { most: 30, length: 50 }),
    maintainers: textsOf(people.length > 0 ? people : [userOf(own(json, 'publisher'))], { most: 200, length: 60 }),
    publishedAt: timeOf(own(json, 'date') ?? own(own(json, 'time'), 'modified')),
    downloads: countOf(own(own(object, 'downloads'), 'weekly')),
  };
}
