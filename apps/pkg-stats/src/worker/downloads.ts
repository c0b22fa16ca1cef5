import {
  BulkPackageDownloads,
  DailyPackageDownloads,
  npmRegistryDownloadsApiUrl,
  PackageDownloads,
} from 'query-registry';
import type { DownloadHistory, Freshness, Problem } from '../contract.js';
import type { Settings } from '../settings.js';
import type { Cache } from './cache.js';
import { CachedSource, type Known } from './cached-source.js';
import { countOf, own } from './json-reader.js';
import { SharedWork } from './shared-work.js';
import type { Source, SourceAnswer } from './source.js';
import { NotFoundError, SourceError } from './source-errors.js';

/** What `npm` stands for in the settings. */
export const NPM_DOWNLOADS = npmRegistryDownloadsApiUrl;

type Days = NonNullable<DownloadHistory['days']>;

/** Most names of one request. */
const MAX_BULK = 128;

/** The longest history; a shorter one is a part of it. */
const MAX_DAYS = 365;

const DAY = 86_400_000;

/** Counts change once a day: they are fresh so many times longer than what the registry says. */
const SLOWER = 60;

/**
 * Who counts downloads, where somebody does. What is not known is null, and never zero.
 *
 * `query-registry` gives the address of the public source, and what its answers look like. Its calls would keep answers
 * for five minutes without telling, failures too, and wait without a deadline: so we ask ourselves.
 */
export class Downloads {
  readonly #source: Source | undefined;
  readonly #cache: Cache;
  readonly #cached: CachedSource | undefined;
  readonly #freshFor: number;
  readonly #underWay = new SharedWork<void>();
  #problem: Problem | null = null;

  constructor(source: Source | undefined, cache: Cache, { freshFor }: Pick<Settings, 'freshFor'>) {
    this.#source = source;
    this.#cache = cache;
    this.#freshFor = freshFor * SLOWER;
    this.#cached = source && new CachedSource(source, cache, this.#freshFor);
  }

  /** Why the counts of the last week are not as new as they should be. */
  get problem(): Problem | null {
    return this.#problem;
  }

  /** How new the counts of the last week are which are shown with these packages; null where the source has told none. */
  freshnessOf(names: readonly string[]): Freshness | null {
    const told = names.map((name) => this.#cache.get<number | null>(weeklyKey(name)));
    const times = told.flatMap((entry) => (typeof entry?.value === 'number' ? [entry.asOf] : []));
    if (!this.#source || times.length === 0) return null;
    const asOf = Math.min(...times);
    return { asOf, problem: Date.now() - asOf < this.#freshFor ? null : this.#problem };
  }

  /** Of the last week: what was known before, where the source does not answer. */
  async weekly(names: readonly string[], { inBackground = false } = {}): Promise<Map<string, number | null>> {
    const unknown = this.#source ? names.filter((name) => !this.#isFresh(name)) : [];
    const scoped = unknown.filter((name) => name.startsWith('@'));
    const others = unknown.filter((name) => !name.startsWith('@'));
    // No request for many may have a scope in it.
    const requests = [...piecesOf(others, MAX_BULK), ...scoped.map((name) => [name])];
    await Promise.all(requests.map((request) => this.#askShared(request, inBackground)));
    return new Map(names.map((name) => [name, this.#cache.get<number | null>(weeklyKey(name))?.value ?? null]));
  }

  async history(name: string, days: number): Promise<DownloadHistory> {
    if (!this.#cached) return nothing(null);
    try {
      const { value, freshness } = await this.#askHistory(this.#cached, name);
      return { days: value.slice(-days), freshness, problem: null };
    } catch (error) {
      if (error instanceof NotFoundError) return nothing(null);
      if (error instanceof SourceError) return nothing(error.problem);
      throw error;
    }
  }

  #isFresh(name: string): boolean {
    const entry = this.#cache.get(weeklyKey(name));
    return entry !== undefined && Date.now() - entry.asOf < this.#freshFor;
  }

  #askShared(names: readonly string[], inBackground: boolean): Promise<void> {
    const path = `/downloads/point/last-week/${names.join(',')}`;
    return this.#underWay.get(path, () => this.#ask(names, path, inBackground));
  }

  async #ask(names: readonly string[], path: string, inBackground: boolean): Promise<void> {
    try {
      const answer = await (this.#source as Source).json(path, { inBackground });
      const counts = readWeekly(answer, names);
      this.#problem = null;
      const asOf = Date.now();
      const puts = names.map((name, i) =>
        this.#cache.put(weeklyKey(name), { value: counts[i] ?? null, validators: {}, asOf }),
      );
      await Promise.all(puts);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      this.#problem = error.problem;
    }
  }

  #askHistory(source: CachedSource, name: string): Promise<Known<Days>> {
    // Of today, nothing is complete.
    const end = Date.now() - DAY;
    const period = { first: dayOf(end - (MAX_DAYS - 1) * DAY), last: dayOf(end) };
    const path = `/downloads/range/${period.first}:${period.last}/${name}`;
    return source.get({ key: `history:${name}`, path, name, read: (json) => readDays(json, period) });
  }
}

const nothing = (problem: Problem | null): DownloadHistory => ({ days: null, freshness: null, problem });
const weeklyKey = (name: string) => `weekly:${name}`;
const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);

/** One for each name. @throws SourceError where these are no counts */
function readWeekly(answer: SourceAnswer, names: readonly string[]): (number | null)[] {
  const isOne = names.length === 1;
  // Where many were asked for, this is about the request, and about none of them.
  if (answer.kind !== 'value' && !isOne) throw new SourceError('failing', 'There are no downloads of many');
  if (answer.kind !== 'value') return [null];
  const { data } = isOne ? PackageDownloads.safeParse(answer.value) : BulkPackageDownloads.safeParse(answer.value);
  if (!data) throw new SourceError('failing', 'These are no downloads of a week');
  return names.map((name) => countOf(own(isOne ? data : own(data, name), 'downloads')));
}

/** The days up to now without a gap: of what is before one, nobody can say how it went on. */
function readDays(json: unknown, { first: from, last }: { first: string; last: string }): Days | undefined {
  const { data } = DailyPackageDownloads.safeParse(json);
  if (!data) throw new SourceError('failing', 'These are no downloads of days');
  const days = data.downloads
    .filter(({ day, downloads }) => isDay(day) && day >= from && day <= last && countOf(downloads) !== null)
    .sort((a, b) => (a.day < b.day ? -1 : 1));
  const isAfterGap = (i: number) => Date.parse(days[i]?.day ?? '') - Date.parse(days[i - 1]?.day ?? '') !== DAY;
  let first = days.length - 1;
  while (first > 0 && !isAfterGap(first)) first--;
  return days.length === 0 ? undefined : uncountedRemoved(days.slice(first));
}

/** There is no 31st of February, though it has the form of a day. */
function isDay(text: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(time) && dayOf(time) === text;
}

/** npm says 0 of a day that it has not counted yet. */
function uncountedRemoved(days: Days): Days {
  const isCounted = days.at(-1)?.downloads !== 0 || days.slice(-8).every(({ downloads }) => downloads === 0);
  return isCounted ? days : days.slice(0, -1);
}

function piecesOf<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
}
