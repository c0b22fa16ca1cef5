import MiniSearch from 'minisearch';
import * as v from 'valibot';
import { type PackageSummary, packageSummary } from '../contract.js';
import type { Cache } from './cache.js';

/** Most packages that one worker knows: each takes a few kilobytes of memory. */
const MAX_PACKAGES = 200_000;

/** Words of a search that are looked for. */
const MAX_TERMS = 6;

/** Slips are looked for in so few and such long words alone: everybody else waits meanwhile. */
const MAX_FORGIVEN = 2;
const LEAST_FORGIVEN = 4;

/** Most that a search finds. */
const MAX_FOUND = 1_000;

const wordsOf = MiniSearch.getDefault('tokenize') as (text: string) => string[];

/** The packages that this worker knows, on disk and in memory. */
export class PackageIndex {
  readonly #cache: Cache;
  readonly #packages = new Map<string, PackageSummary>();
  readonly #search = new MiniSearch<PackageSummary>({
    idField: 'name',
    fields: ['name', 'keywords', 'description'],
    extractField: (summary, field) => String(summary[field as keyof PackageSummary]),
    searchOptions: { boost: { name: 4, keywords: 2 }, prefix: true, combineWith: 'AND' },
  });
  /** All names, in an order that changes. */
  readonly #names: string[] = [];
  readonly #placeOf = new Map<string, number>();
  #updatedAt: number | null;

  constructor(cache: Cache) {
    this.#cache = cache;
    for (const { summary } of cache.summaries()) if (v.is(packageSummary, summary)) this.#add(summary);
    const updatedAt = cache.state('updatedAt');
    this.#updatedAt = typeof updatedAt === 'number' ? updatedAt : null;
  }

  get size(): number {
    return this.#packages.size;
  }

  /** When it was last brought up to date, in ms since 1970. */
  get updatedAt(): number | null {
    return this.#updatedAt;
  }

  updated(): void {
    this.#updatedAt = Date.now();
    this.#cache.putState('updatedAt', this.#updatedAt);
  }

  get(name: string): PackageSummary | undefined {
    return this.#packages.get(name);
  }

  /** As its packument has it. */
  put(given: PackageSummary): void {
    const before = this.#packages.get(given.name);
    this.#store({ ...given, downloads: given.downloads ?? before?.downloads ?? null });
  }

  /** As a search has it, which may leave out a lot: what is known of the same version stays. */
  hear(given: PackageSummary): void {
    const before = this.#packages.get(given.name);
    this.#store(before ? merged(before, given) : given);
  }

  setDownloads(name: string, downloads: number | null): void {
    const before = this.#packages.get(name);
    if (!before || before.downloads === downloads) return;
    const summary = { ...before, downloads };
    this.#packages.set(name, summary);
    this.#cache.putSummary(name, summary);
  }

  remove(name: string): void {
    const place = this.#placeOf.get(name);
    if (place === undefined) return;
    this.#swap(place, this.#names.length - 1);
    this.#names.pop();
    this.#placeOf.delete(name);
    this.#packages.delete(name);
    this.#search.discard(name);
    this.#cache.removeSummary(name);
  }

  /** Each package is as likely as any other one. */
  random(count: number): PackageSummary[] {
    const many = Math.min(count, this.size);
    // The beginning of a Fisher-Yates shuffle; the order that it finds does not matter.
    for (let i = 0; i < many; i++) this.#swap(i, i + Math.floor(Math.random() * (this.size - i)));
    return this.#names.slice(0, many).map((name) => this.#packages.get(name) as PackageSummary);
  }

  /** Those with the most downloads; without those of which nobody knows them. */
  popular(count: number): PackageSummary[] {
    return this.#most(count, ({ downloads }) => downloads);
  }

  newest(count: number): PackageSummary[] {
    return this.#most(count, ({ publishedAt }) => publishedAt);
  }

  byMaintainer(user: string): PackageSummary[] {
    return [...this.#packages.values()].filter(({ maintainers }) => maintainers.includes(user));
  }

  search(text: string): PackageSummary[] {
    const terms = wordsOf(text).slice(0, MAX_TERMS);
    const isForgiving = terms.length <= MAX_FORGIVEN;
    const fuzzy = (term: string) => isForgiving && term.length >= LEAST_FORGIVEN && 0.2;
    const found = this.#search.search(terms.join(' '), { fuzzy }).slice(0, MAX_FOUND);
    return found.map(({ id }) => this.#packages.get(id) as PackageSummary);
  }

  all(): IterableIterator<PackageSummary> {
    return this.#packages.values();
  }

  #store(summary: PackageSummary): void {
    const before = this.#packages.get(summary.name);
    if (before ? JSON.stringify(before) === JSON.stringify(summary) : this.size >= MAX_PACKAGES) return;
    this.#add(summary);
    this.#cache.putSummary(summary.name, summary);
  }

  #add(summary: PackageSummary): void {
    const { name } = summary;
    if (this.#packages.has(name)) this.#search.replace(summary);
    else {
      this.#search.add(summary);
      this.#placeOf.set(name, this.#names.push(name) - 1);
    }
    this.#packages.set(name, summary);
  }

  #swap(a: number, b: number): void {
    const [atA, atB] = [this.#names[a] as string, this.#names[b] as string];
    this.#names[a] = atB;
    this.#names[b] = atA;
    this.#placeOf.set(atB, a).set(atA, b);
  }

  #most(count: number, by: (summary: PackageSummary) => number | null): PackageSummary[] {
    const order = (a: PackageSummary, b: PackageSummary) =>
      (by(b) as number) - (by(a) as number) || (a.name < b.name ? -1 : 1);
    // A few of many, and often: all of them need not be put in order.
    const most: PackageSummary[] = [];
    for (const summary of this.#packages.values()) {
      const least = most[count - 1];
      if (by(summary) === null || (least && order(least, summary) < 0)) continue;
      most.push(summary);
      most.sort(order).splice(count);
    }
    return most;
  }
}

function merged(before: PackageSummary, given: PackageSummary): PackageSummary {
  const downloads = given.downloads ?? before.downloads;
  // A search may lag behind.
  if (before.version !== given.version && (given.publishedAt ?? 0) < (before.publishedAt ?? 0)) {
    return { ...before, downloads };
  }
  if (before.version !== given.version) return { ...given, downloads };
  return {
    ...given,
    description: given.description || before.description,
    keywords: given.keywords.length > 0 ? given.keywords : before.keywords,
    maintainers: given.maintainers.length > 0 ? given.maintainers : before.maintainers,
    // Some searches tell when anything about the package has changed, instead.
    publishedAt: before.publishedAt ?? given.publishedAt,
    downloads,
  };
}
