import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import type { Validators } from '../response-headers.js';

/** What is kept of something that was asked for. */
export interface CacheEntry<T> {
  readonly value: T;
  readonly validators: Validators;
  /** When the source has last said so, in ms since 1970. */
  readonly asOf: number;
}

/** Raised when what is stored changes its shape: what another version has stored is not read then. */
const FORMAT = 'v1';

/** Most entries that are kept: anybody can ask for something else all the time, and disks end. */
const MAX_ENTRIES = 20_000;

/** Between two looks at how many there are. */
const PUTS_BETWEEN_LOOKS = 100;

/** Everything that outlives a worker, in a folder that several of them may share. */
export class Cache {
  readonly #root: RootDatabase;
  readonly #entries: Database<CacheEntry<unknown>, string>;
  readonly #summaries: Database<unknown, string>;
  readonly #state: Database<unknown, string>;
  readonly #maxEntries: number;
  #puts = 0;
  #isClosed = false;

  constructor(folder: string, { maxEntries = MAX_ENTRIES } = {}) {
    this.#maxEntries = maxEntries;
    mkdirSync(folder, { recursive: true });
    this.#root = open({ path: join(folder, FORMAT), compression: true, maxDbs: 4, noSubdir: false });
    this.#entries = this.#root.openDB({ name: 'entries' });
    this.#summaries = this.#root.openDB({ name: 'summaries' });
    this.#state = this.#root.openDB({ name: 'state' });
  }

  get<T>(key: string): CacheEntry<T> | undefined {
    return this.#isClosed ? undefined : (this.#entries.get(key) as CacheEntry<T> | undefined);
  }

  /** It is there for `get` when the promise is resolved. */
  async put<T>(key: string, entry: CacheEntry<T>): Promise<void> {
    if (this.#isClosed) return;
    await this.#entries.put(key, entry);
    if (++this.#puts % PUTS_BETWEEN_LOOKS === 0) this.#forgetOldest();
  }

  remove(key: string): void {
    if (!this.#isClosed) void this.#entries.remove(key);
  }

  /** The packages of the index. */
  summaries(): { name: string; summary: unknown }[] {
    return [...this.#summaries.getRange().map(({ key, value }) => ({ name: key, summary: value }))];
  }

  putSummary(name: string, summary: unknown): void {
    if (!this.#isClosed) void this.#summaries.put(name, summary);
  }

  removeSummary(name: string): void {
    if (!this.#isClosed) void this.#summaries.remove(name);
  }

  /** Where something was left off. */
  state(key: string): unknown {
    return this.#isClosed ? undefined : this.#state.get(key);
  }

  putState(key: string, value: unknown): void {
    if (!this.#isClosed) void this.#state.put(key, value);
  }

  /** Everything that was put is on disk then. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#root.flushed;
    await this.#root.close();
  }

  /** A quarter of them at a time, as all have to be looked at. */
  #forgetOldest(): void {
    if (this.#isClosed || this.#entries.getCount() <= this.#maxEntries) return;
    const ages = [...this.#entries.getRange().map(({ key, value }) => ({ key, asOf: value.asOf }))];
    ages.sort((a, b) => a.asOf - b.asOf);
    for (const { key } of ages.slice(0, Math.ceil(ages.length / 4))) void this.#entries.remove(key);
  }
}
