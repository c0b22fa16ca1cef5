import type { IncomingStream } from '../peer/stream-options.js';

/** What `p2p pipe` says about its stream. A program that opens one may say nothing, or the size alone. */
export interface PipeMetadata {
  readonly kind: 'pipe';
  /** By which the two pipes ask each other what has become of the stream. */
  readonly id: string;
  /** In bytes, where it is known. Nothing but the progress bar depends on it. */
  readonly size?: number;
}

/** What `p2p send-file` says about its stream. */
export interface FileMetadata {
  readonly kind: 'file';
  /** Without folders. */
  readonly name: string;
  /** In bytes; this many come, then the 32 bytes of their SHA-256. */
  readonly size: number;
}

/** Why `p2p pipe` does not take a stream. */
export function noPipe({ metadata }: IncomingStream): string | undefined {
  return field(metadata, 'kind') === 'file' ? 'This is p2p pipe, which takes no files: p2p receive does' : undefined;
}

/** The id of a pipe whose other side is `p2p pipe` too. */
export function pipeId({ metadata }: IncomingStream): string | undefined {
  const id = field(metadata, 'id');
  return field(metadata, 'kind') === 'pipe' && typeof id === 'string' ? id : undefined;
}

/** How much comes, where the opener says so. */
export function sizeOf({ metadata }: IncomingStream): number | undefined {
  const size = field(metadata, 'size');
  return Number.isSafeInteger(size) && (size as number) >= 0 ? (size as number) : undefined;
}

/** The file that is offered, or why it is none. */
export function offeredFile(incoming: IncomingStream): FileMetadata | string {
  const { metadata } = incoming;
  const name = field(metadata, 'name');
  const size = sizeOf(incoming);
  if (field(metadata, 'kind') !== 'file')
    return 'This is p2p receive, which takes nothing but files from p2p send-file';
  if (typeof name !== 'string') return 'The file has no name';
  if (size === undefined) return 'The size of the file is no number of bytes';
  return { kind: 'file', name, size };
}

function field(metadata: unknown, name: string): unknown {
  return typeof metadata === 'object' && metadata !== null ? (metadata as Record<string, unknown>)[name] : undefined;
}
