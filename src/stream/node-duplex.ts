// biome-ignore lint/suspicious/noTsIgnore: an error only where Node's types are missing; `Duplex` is any there
/** @ts-ignore */
import type { Duplex, DuplexOptions } from 'node:stream';
import { P2PError } from '../protocol/p2p-error.js';
import type { StreamEnd } from './stream-end.js';
import { whenAborted } from './stream-error.js';

/** Node's `Duplex`; any where its types are missing. */
export type NodeDuplex = Duplex;

/** A class like Node's `Duplex`. */
export type DuplexClass = new (options?: DuplexOptions) => Duplex;

/** The options of Node's `Duplex` that are passed on. */
export interface DuplexSettings {
  /** In bytes, or objects in object mode. Default: Node's. */
  readonly highWaterMark?: number | undefined;
  readonly readableHighWaterMark?: number | undefined;
  readonly writableHighWaterMark?: number | undefined;
  /** Whether this side may go on writing after the other has ended. Default true. */
  readonly allowHalfOpen?: boolean | undefined;
}

export interface NodeDuplexOptions extends DuplexSettings {
  readonly Duplex: DuplexClass;
  /** Where an error goes that nobody listens for. */
  readonly failed: (error: P2PError) => void;
  /** Destroys it. */
  readonly signal?: AbortSignal | undefined;
}

/** The class to make streams of. @throws P2PError `UNSUPPORTED` where there is none */
export function duplexClass(given: DuplexClass | undefined): DuplexClass {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): { Duplex: DuplexClass } } };
  // Not imported: bundlers for browsers have nothing to put in its place.
  const Duplex = given ?? process?.getBuiltinModule?.('node:stream')?.Duplex;
  if (Duplex) return Duplex;
  throw new P2PError('UNSUPPORTED', 'There is no node:stream here: use openStream and acceptStreams, or pass a Duplex');
}

/** A Node Duplex that is one end of a stream (CS-3). */
export function createNodeDuplex(end: StreamEnd, { Duplex, failed, signal, ...settings }: NodeDuplexOptions): Duplex {
  const objectMode = end.mode === 'objects';
  let wanted = false;
  const pull = () => {
    while (wanted) {
      const item = end.take();
      if (!item) break;
      wanted = duplex.push(item.value);
    }
    if (wanted && end.atEnd) {
      wanted = false;
      duplex.push(null);
    }
  };
  const duplex: Duplex = new Duplex({
    ...definedOnly(settings),
    objectMode,
    read: () => {
      wanted = true;
      pull();
    },
    write: (chunk: unknown, _encoding: unknown, done: (error?: Error) => void) => end.write([chunk], done),
    // Small chunks that have piled up go together.
    ...(!objectMode && {
      writev: (chunks: { chunk: unknown }[], done: (error?: Error) => void) =>
        end.write(
          chunks.map(({ chunk }) => chunk),
          done,
        ),
    }),
    final: (done: () => void) => {
      end.finish();
      done();
    },
    destroy: (error: Error | null, done: (error: Error | null) => void) => {
      end.reset(error);
      done(error);
    },
  });
  end.attach({ readable: pull, closed: () => {}, failed: (error) => destroy(duplex, error, failed) });
  if (signal)
    duplex.once(
      'close',
      whenAborted(signal, (error) => destroy(duplex, error, failed)),
    );
  return duplex;
}

/** No peer ends a process by an error that nobody listens for. */
function destroy(duplex: Duplex, error: P2PError, failed: (error: P2PError) => void): void {
  if (duplex.destroyed) return;
  const listeners = duplex.listenerCount('error');
  // `pipe()` listens to both, and throws the error again where nobody else listens.
  if (listeners <= duplex.listenerCount('unpipe')) failed(error);
  if (listeners === 0) return void duplex.destroy();
  duplex.on('error', () => {});
  duplex.destroy(error);
}

/** Node takes an option that is there but undefined for a wrong value. */
function definedOnly(settings: DuplexSettings): object {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
