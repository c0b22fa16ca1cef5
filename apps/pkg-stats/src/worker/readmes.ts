import { createHash } from 'node:crypto';
import type { Cache } from './cache.js';
import { cut } from './json-reader.js';
import { MAX_README, type PackageRecord } from './packument.js';
import type { ReadmeThreads } from './readme-threads.js';
import type { Source } from './source.js';
import { NotFoundError } from './source-errors.js';
import { tarballEntries } from './tarball.js';

/** How much goes at a time, in characters. */
const PIECE = 16_384;

/** Raised when the same README becomes other HTML. */
const RENDERER = 1;

/** READMEs as HTML: each is looked for and rendered once, until it changes. */
export class Readmes {
  readonly #source: Source;
  readonly #cache: Cache;
  readonly #threads: ReadmeThreads;

  constructor(source: Source, cache: Cache, threads: ReadmeThreads) {
    this.#source = source;
    this.#cache = cache;
    this.#threads = threads;
  }

  /** In pieces that together are the whole. @throws SourceError */
  async *pieces(record: PackageRecord, signal: AbortSignal): AsyncGenerator<string> {
    const readme = record.readme || (await this.#inTarball(record, signal));
    let rest = readme === '' ? '' : await this.#html({ ...record, readme });
    while (rest !== '') {
      const piece = cut(rest, PIECE);
      rest = rest.slice(piece.length);
      yield piece;
    }
  }

  #html({ details, readme, repository }: PackageRecord): Promise<string> {
    const made = createHash('sha256')
      .update(JSON.stringify([RENDERER, readme, repository]))
      .digest('hex');
    return this.#once(`html:${details.name}`, made, () => this.#threads.html({ readme, repository }));
  }

  /** Registries leave out what is long, and some everything. */
  #inTarball({ details, tarball }: PackageRecord, signal: AbortSignal): Promise<string> {
    const { name, version } = details;
    return this.#once(`readme:${name}`, version, async () => {
      if (tarball !== null) return readmeInTarball(this.#source, { name, address: tarball, signal });
      return '';
    });
  }

  /** What is kept is right while it was made of the same. */
  async #once(key: string, of: string, make: () => Promise<string>): Promise<string> {
    const before = this.#cache.get<string>(key);
    if (before?.validators.etag === of) return before.value;
    const value = await make();
    await this.#cache.put(key, { value, validators: { etag: of }, asOf: Date.now() });
    return value;
  }
}

async function readmeInTarball(
  source: Source,
  tarball: { name: string; address: string; signal: AbortSignal },
): Promise<string> {
  const isWanted = ({ path, size }: { path: string; size: number }) =>
    /^readme(?:\.(?:md|markdown))?$/i.test(path) && size <= 4 * MAX_README;
  try {
    for await (const { content } of tarballEntries(source, { ...tarball, isWanted })) {
      if (content) return cut(content.toString('utf8'), MAX_README + 1).trim();
    }
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
  return '';
}
