import { createHash } from 'node:crypto';
import type { Cache } from './cache.js';
import { cleanedMarkdown, cut } from './json-reader.js';
import { MAX_README, type PackageRecord } from './packument.js';
import type { ReadmeThreads } from './readme-threads.js';
import { SharedWork } from './shared-work.js';
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
  readonly #threads: Pick<ReadmeThreads, 'html'>;
  readonly #underWay = new SharedWork<string>();

  constructor(source: Source, cache: Cache, threads: Pick<ReadmeThreads, 'html'>) {
    this.#source = source;
    this.#cache = cache;
    this.#threads = threads;
  }

  /** In pieces that together are the whole. @throws SourceError */
  async *pieces(record: PackageRecord, signal: AbortSignal): AsyncGenerator<string> {
    const readme = record.readme || (await this.#inTarball(record, signal));
    let rest = readme === '' ? '' : await this.#html({ ...record, readme }, signal);
    while (rest !== '') {
      const piece = cut(rest, PIECE);
      rest = rest.slice(piece.length);
      yield piece;
    }
  }

  #html({ details, readme, repository }: PackageRecord, signal: AbortSignal): Promise<string> {
    const made = createHash('sha256')
      .update(JSON.stringify([RENDERER, readme, repository]))
      .digest('hex');
    const wanted = { key: `html:${details.name}`, of: made, signal };
    return this.#once(wanted, (left) => this.#threads.html({ readme, repository }, left));
  }

  /** Registries leave out what is long, and some everything. */
  #inTarball({ details, tarball }: PackageRecord, signal: AbortSignal): Promise<string> {
    const { name, version } = details;
    return this.#once({ key: `readme:${name}`, of: version, signal }, async (left) => {
      if (tarball !== null) return readmeInTarball(this.#source, { name, address: tarball, signal: left });
      return '';
    });
  }

  /** What is kept is right while it was made of the same. Who wants it meanwhile gets what is being made. */
  async #once(
    { key, of, signal }: { key: string; of: string; signal: AbortSignal },
    make: (signal: AbortSignal) => Promise<string>,
  ): Promise<string> {
    const before = this.#cache.get<string>(key);
    if (before?.validators.etag === of) return before.value;
    const work = async (left: AbortSignal) => {
      const value = await make(left);
      // Before it is shared no longer: who comes then finds it here.
      await this.#cache.put(key, { value, validators: { etag: of }, asOf: Date.now() });
      return value;
    };
    return this.#underWay.get(`${key}:${of}`, work, signal);
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
      if (content) return cleanedMarkdown(cut(content.toString('utf8'), MAX_README + 1)).trim();
    }
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
  return '';
}
