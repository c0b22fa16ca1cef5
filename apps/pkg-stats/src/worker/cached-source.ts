import type { Freshness, Problem } from '../contract.js';
import type { Cache, CacheEntry } from './cache.js';
import { SharedWork } from './shared-work.js';
import type { Source } from './source.js';
import { NotFoundError, RestingError, SourceError } from './source-errors.js';
import { within } from './within.js';

/** How long somebody waits for news when there is something to show, in ms. */
export const PATIENCE = 1_500;

/** How long nobody waits again for one thing of which the source has just not told, at most, in ms. */
const LONGEST_REST = 10_000;

/** Names that do not exist which are remembered at a time. */
const MAX_MISSING = 10_000;

/** Something and how new it is. */
export interface Known<T> {
  readonly value: T;
  readonly freshness: Freshness;
}

/** One thing of a source. */
export interface Wanted<T> {
  readonly key: string;
  readonly path: string;
  /** What an error names. */
  readonly name: string;
  /** Makes a value of what is sent, as `Question.parse` does. */
  parse?(bytes: Buffer, signal: AbortSignal): unknown;
  /** What is kept of that value; nothing where it says that there is no such thing. */
  read(value: unknown): T | undefined;
  readonly inBackground?: boolean;
}

/** A source whose answers are kept: they are shown while they are fresh, and when it does not answer. */
export class CachedSource {
  readonly #source: Source;
  readonly #cache: Cache;
  readonly #freshFor: number;
  readonly #underWay = new SharedWork<Known<unknown>>();
  readonly #missing = new Map<string, number>();
  readonly #failed = new Map<string, { readonly until: number; readonly problem: Problem }>();

  constructor(source: Source, cache: Cache, freshFor: number) {
    this.#source = source;
    this.#cache = cache;
    this.#freshFor = freshFor;
  }

  /** @throws SourceError where nothing is known from before; NotFoundError */
  async get<T>(wanted: Wanted<T>): Promise<Known<T>> {
    const entry = this.#cache.get<T>(wanted.key);
    if (entry && this.#isFresh(entry.asOf)) return known(entry, null);
    if (this.#isFresh(this.#missing.get(wanted.key) ?? 0)) throw new NotFoundError(wanted.name);
    const failed = this.#failed.get(wanted.key);
    if (failed && Date.now() < failed.until) {
      if (entry) return known(entry, failed.problem);
      throw new SourceError(failed.problem, `${wanted.name} is left alone for a while`);
    }
    const news = this.#shared(wanted, entry);
    if (!entry) return news;
    try {
      return await within(PATIENCE, news, known(entry, 'slow'));
    } catch (error) {
      if (error instanceof SourceError) return known(entry, error.problem);
      throw error;
    }
  }

  /** The same, but never what was known before. @throws SourceError, NotFoundError */
  renew<T>(wanted: Wanted<T>): Promise<Known<T>> {
    return this.#shared(wanted, this.#cache.get<T>(wanted.key));
  }

  #isFresh(asOf: number): boolean {
    return Date.now() - asOf < this.#freshFor;
  }

  /** Who wants the same thing meanwhile gets the same answer. */
  #shared<T>(wanted: Wanted<T>, entry: CacheEntry<T> | undefined): Promise<Known<T>> {
    const ask = () => this.#ask(wanted, entry).catch((error: unknown) => this.#fail(wanted.key, error));
    return this.#underWay.get(wanted.key, ask) as Promise<Known<T>>;
  }

  async #ask<T>(wanted: Wanted<T>, entry: CacheEntry<T> | undefined): Promise<Known<T>> {
    const { key, path, name, parse, inBackground = false } = wanted;
    const answer = await this.#source.json(path, {
      inBackground,
      ...(entry && { validators: entry.validators }),
      ...(parse && { parse }),
    });
    if (answer.kind === 'same' && entry) return this.#keep(key, { ...entry, asOf: Date.now() });
    if (answer.kind === 'same') throw new SourceError('failing', `${path} is unchanged, but nothing was known`);
    const value = answer.kind === 'value' ? wanted.read(answer.value) : undefined;
    if (answer.kind === 'missing' || value === undefined) return this.#miss(key, name);
    return this.#keep(key, { value, validators: answer.validators, asOf: Date.now() });
  }

  async #keep<T>(key: string, entry: CacheEntry<T>): Promise<Known<T>> {
    await this.#cache.put(key, entry);
    this.#missing.delete(key);
    this.#failed.delete(key);
    return known(entry, null);
  }

  /** Where it was asked for this thing, and that was no matter of how much is asked. */
  #fail(key: string, error: unknown): never {
    if (error instanceof SourceError && !(error instanceof RestingError) && error.problem !== 'rate-limited') {
      if (this.#failed.size >= MAX_MISSING) this.#failed.clear();
      this.#failed.set(key, { until: Date.now() + Math.min(this.#freshFor, LONGEST_REST), problem: error.problem });
    }
    throw error;
  }

  #miss(key: string, name: string): never {
    this.#cache.remove(key);
    if (this.#missing.size >= MAX_MISSING) this.#missing.clear();
    this.#missing.set(key, Date.now());
    throw new NotFoundError(name);
  }
}

function known<T>({ value, asOf }: CacheEntry<T>, problem: Freshness['problem']): Known<T> {
  return { value, freshness: { asOf, problem } };
}
