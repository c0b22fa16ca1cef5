import type { Freshness, PackageSummary, UserDetails } from '../contract.js';
import type { CachedSource } from './cached-source.js';
import type { PackageIndex } from './package-index.js';
import { type Found, LARGEST_PAGE, readFound, searchPath } from './search.js';
import { NotFoundError, SourceError } from './source-errors.js';

/** Most packages of one user that are told: the registry is asked for 4 pages, and the answer fits into a message. */
const MAX_PACKAGES = 1_000;

interface Told {
  readonly packages: readonly PackageSummary[];
  readonly isComplete: boolean;
  readonly freshness: Freshness;
}

/** Whose packages are which: as the registry finds them, and as the index knows them beside. */
export class Users {
  readonly #source: CachedSource;
  readonly #index: PackageIndex;

  constructor(source: CachedSource, index: PackageIndex) {
    this.#source = source;
    this.#index = index;
  }

  /** @throws SourceError where nothing is known; NotFoundError */
  async find(user: string): Promise<Omit<UserDetails, 'downloadsFreshness'>> {
    const { packages: told, isComplete, freshness } = await this.#told(user);
    for (const summary of told) this.#index.hear(summary);
    const packages = new Map(this.#index.byMaintainer(user).map((summary) => [summary.name, summary]));
    for (const summary of told) packages.set(summary.name, this.#index.get(summary.name) ?? summary);
    if (packages.size > 0) {
      const isAll = isComplete && packages.size <= MAX_PACKAGES;
      return { name: user, packages: [...packages.values()].slice(0, MAX_PACKAGES), isComplete: isAll, freshness };
    }
    if (freshness.problem) throw new SourceError(freshness.problem, `Nothing is known of "${user}"`);
    throw new NotFoundError(user);
  }

  async #told(user: string): Promise<Told> {
    try {
      return await this.#allPages(user);
    } catch (error) {
      if (!(error instanceof SourceError || error instanceof NotFoundError)) throw error;
      const problem = error instanceof SourceError ? error.problem : null;
      const freshness = { asOf: this.#index.updatedAt ?? Date.now(), problem };
      return { packages: [], isComplete: false, freshness };
    }
  }

  async #allPages(user: string): Promise<Told> {
    const found: PackageSummary[] = [];
    let from = 0;
    while (true) {
      const { value, freshness } = await this.#page(user, from);
      found.push(...value.packages);
      from += LARGEST_PAGE;
      const isAll = found.length >= value.total && value.packages.length < LARGEST_PAGE;
      if (!isAll && value.packages.length > 0 && from < MAX_PACKAGES) continue;
      const packages = found.filter(({ maintainers }) => maintainers.includes(user));
      // A registry that does not know `maintainer:` finds nothing, or what only sounds like it.
      const wasUnderstood = packages.length > 0 && packages.length === found.length;
      return { packages, isComplete: wasUnderstood && isAll, freshness };
    }
  }

  #page(user: string, from: number): Promise<{ value: Found; freshness: Freshness }> {
    return this.#source.get({
      key: `user:${from}:${user}`,
      path: searchPath(`maintainer:${user}`, { from, size: LARGEST_PAGE }),
      name: user,
      read: readFound,
    });
  }
}
