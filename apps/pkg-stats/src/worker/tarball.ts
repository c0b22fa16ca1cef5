import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { cleaned, cut } from './json-reader.js';
import { readBounded } from './read-bounded.js';
import { Slots } from './slots.js';
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

/** Most that they may become: a small tarball may hold any amount of zeros. */
const MAX_INFLATED = 256 * 1_048_576;

/** Tarballs of one registry that are read at a time. */
const AT_A_TIME = 2;

const slots = new WeakMap<Source, Slots>();

/**
 * What is in a package, as its tarball is read. Who stops iterating stops that.
 * @throws SourceError, NotFoundError
 */
export async function* tarballEntries(source: Source, tarball: Tarball): AsyncGenerator<TarballEntry> {
  const places = slots.get(source) ?? new Slots(AT_A_TIME);
  slots.set(source, places);
  const leave = await places.take(tarball.signal);
  const left = new AbortController();
  const signal = AbortSignal.any([tarball.signal, left.signal]);
  // All of them fit in here: a reader who takes nothing keeps nobody else waiting.
  const found = new Readable({ objectMode: true, highWaterMark: MAX_ENTRIES + 1, read() {} });
  const reading = readEntries(source, { ...tarball, signal }, found)
    .then(
      () => found.push(null),
      (cause: unknown) => found.destroy(cause as Error),
    )
    .finally(leave);
  try {
    yield* found;
  } finally {
    left.abort();
    await reading;
  }
}

async function readEntries(source: Source, tarball: Tarball, found: Readable): Promise<void> {
  const { name, address, signal } = tarball;
  const body = await source.body(tarballPath(source.base, name, address), { signal });
  if (!body) throw new NotFoundError(name);
  let [told, announced, isOver] = [0, 0, false];
  const tell = (entry: TarballEntry) => {
    if (told++ < MAX_ENTRIES && !signal.aborted) found.push(entry);
  };
  // Inflated here, where it can be counted; what is packed twice is no tarball.
  const parser = new Parser({
    brotli: false,
    zstd: false,
    onReadEntry: (entry) => {
      announced += entry.size;
      takeEntry(entry, tarball, tell);
    },
  });
  // What follows the end is nothing, and the parser looks at it for a long time.
  parser.once('eof', () => {
    isOver = true;
  });
  const failed = new Promise<never>((_, reject) => parser.once('error', reject));
  failed.catch(() => {});
  try {
    let isFirst = true;
    for await (const piece of inflated(body)) {
      if (isFirst && piece[0] === 0x1f && piece[1] === 0x8b) throw new Error('It is packed twice');
      isFirst = false;
      if (!parser.write(Buffer.from(piece))) await Promise.race([eventOf(parser, 'drain'), failed]);
      if (isOver || told >= MAX_ENTRIES || announced > MAX_INFLATED) return;
    }
    const ended = eventOf(parser, 'end');
    parser.end();
    await Promise.race([ended, failed]);
  } catch (cause) {
    if (cause instanceof SourceError || signal.aborted) throw cause;
    throw new SourceError('failing', 'This is no tarball', { cause });
  }
}

function inflated(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  // What fails here fails what is read from it.
  pipeline(readBounded(body, MAX_READ), gunzip, () => {});
  return readBounded(gunzip, MAX_INFLATED);
}

function takeEntry(entry: ReadEntry, { isWanted }: Tarball, tell: (told: TarballEntry) => void): void {
  // The folder that all packages have around their files is no news.
  const told = { path: cleaned(cut(entry.path.replace(/^[^/]+\//, ''), 1_000)), size: entry.size };
  const isFile = entry.type === 'File' || entry.type === 'OldFile';
  if (isFile && isWanted?.(told)) {
    const pieces: Buffer[] = [];
    entry.on('data', (piece) => pieces.push(Buffer.from(piece)));
    entry.on('end', () => tell({ ...told, content: Buffer.concat(pieces) }));
    return;
  }
  if (isFile) tell(told);
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
