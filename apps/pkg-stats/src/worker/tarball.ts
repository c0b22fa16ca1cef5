import { Parser, type ReadEntry } from 'tar';
import { cut } from './json-reader.js';
import { readBounded } from './read-bounded.js';
import type { Source } from './source.js';
import { NotFoundError, SourceError } from './source-errors.js';

export interface TarballEntry {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** Where the reader has wanted it. */
  readonly content?: Buffer;
}

export interface Tarball {
  /** Of the package. */
  readonly name: string;
  /** As the registry says; it is asked for at this registry, whatever host that names. */
  readonly address: string;
  readonly signal: AbortSignal;
  /** Whether the content of a file is wanted too. By default none is. */
  isWanted?(entry: TarballEntry): boolean;
}

/** Most files that are told. */
const MAX_ENTRIES = 5_000;

/** Most that is read, in bytes as they come. */
const MAX_READ = 200 * 1_048_576;

/** Most that what is read may become when it is unpacked: a small tarball may hold any amount of zeros. */
const MAX_UNPACKED = 2_048 * 1_048_576;

/**
 * What is in a package, as its tarball is read. Who stops iterating stops that.
 * @throws SourceError, NotFoundError
 */
export async function* tarballEntries(source: Source, tarball: Tarball): AsyncGenerator<TarballEntry> {
  const { name, address, signal } = tarball;
  const body = await source.body(tarballPath(source.base, name, address), { signal });
  if (!body) throw new NotFoundError(name);
  const found: TarballEntry[] = [];
  let [told, unpacked] = [0, 0];
  const parser = new Parser({
    onReadEntry: (entry) => {
      unpacked += entry.size;
      takeEntry(entry, tarball, found);
    },
  });
  const failed = new Promise<never>((_, reject) => parser.once('error', reject));
  failed.catch(() => {});
  try {
    for await (const piece of readBounded(body, MAX_READ)) {
      if (!parser.write(Buffer.from(piece))) await Promise.race([eventOf(parser, 'drain'), failed]);
      for (const entry of found.splice(0, MAX_ENTRIES - told)) {
        told++;
        yield entry;
      }
      if (told >= MAX_ENTRIES || unpacked > MAX_UNPACKED) return;
    }
    const ended = eventOf(parser, 'end');
    parser.end();
    await Promise.race([ended, failed]);
    yield* found.slice(0, MAX_ENTRIES - told);
  } catch (cause) {
    if (cause instanceof SourceError || signal.aborted) throw cause;
    throw new SourceError('failing', 'This is no tarball', { cause });
  }
}

function takeEntry(entry: ReadEntry, { isWanted }: Tarball, found: TarballEntry[]): void {
  // The folder that all packages have around their files is no news.
  const told = { path: cut(entry.path.replace(/^[^/]+\//, ''), 1_000), size: entry.size };
  const isFile = entry.type === 'File' || entry.type === 'OldFile';
  if (isFile && isWanted?.(told)) {
    const pieces: Buffer[] = [];
    entry.on('data', (piece) => pieces.push(Buffer.from(piece)));
    entry.on('end', () => found.push({ ...told, content: Buffer.concat(pieces) }));
    return;
  }
  if (isFile) found.push(told);
  entry.resume();
}

function eventOf(parser: Parser, event: 'drain' | 'end'): Promise<void> {
  return new Promise((resolve) => parser.once(event, () => resolve()));
}

/**
 * Where this registry has a tarball: a mirror may tell the address of its source, and whoever publishes any address.
 * What begins as the registry's own address does is right; else it is where npm puts it.
 */
export function tarballPath(base: string, name: string, address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const own = new URL(`${base}/`).href;
  if (url?.href.startsWith(own)) return url.href.slice(own.length - 1);
  const file = url?.pathname.split('/').at(-1) ?? '';
  return `/${name}/-/${file}`;
}
