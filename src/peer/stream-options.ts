import { invalidArgument } from '../protocol/check-names.js';
import { DEFAULT_MAX_OBJECT_SIZE, MAX_STREAM_WINDOW, MIN_STREAM_WINDOW } from '../protocol/limits.js';
import type { DuplexClass, DuplexSettings } from '../stream/node-duplex.js';
import type { Acceptance } from './acceptance.js';
import { isAbortSignal } from './call-arguments.js';
import type { StreamLimits } from './stream-limits.js';

/** What both sides of a stream can say about it. */
export interface StreamSettings {
  /**
   * `false`: a stream of bytes. `true`: of values, each of which arrives as it was written. The opener decides
   * (default `false`); an acceptor that names one refuses the other.
   */
  readonly objectMode?: boolean;
  /** Most bytes that the other side may have under way to this one, 131,072 to 16,777,216 (default). */
  readonly maxWindow?: number;
  /** Largest object that is sent or taken, in encoded bytes. Default 1,048,576. */
  readonly maxObjectSize?: number;
}

/** How to open a stream. */
export interface StreamOptions extends StreamSettings {
  /** What the acceptor is told about it: anything that a message can carry. */
  readonly metadata?: unknown;
  /** Aborting gives up opening; later it destroys the stream, at both ends with `ABORTED`. */
  readonly signal?: AbortSignal;
}

/** How to make a Duplex of a stream. */
export interface DuplexOptions extends DuplexSettings {
  /** The class to use where there is no `node:stream`. */
  readonly Duplex?: DuplexClass;
}

/** A stream that a client wants to open, as the acceptor sees it. */
export interface IncomingStream {
  /** Client id of the opener, stamped by the server. */
  readonly from: string;
  /** What the opener says about the stream. */
  readonly metadata: unknown;
  readonly objectMode: boolean;
}

/** How to accept streams. */
export interface AcceptOptions extends StreamSettings {
  /**
   * Decides on each stream, at once or later: `true` accepts. Everything else refuses, a string with itself as the
   * reason: the opener gets `STREAM_REFUSED`. A `P2PError` that it throws reaches the opener as it is.
   */
  readonly accept?: (incoming: IncomingStream) => Acceptance | PromiseLike<Acceptance>;
}

/** @throws P2PError `INVALID_ARGUMENT` */
export function checkStreamOptions(options: unknown): asserts options is StreamOptions & DuplexOptions {
  const { signal, ...rest } = checkSettings(options);
  if (signal !== undefined && !isAbortSignal(signal)) throw invalidArgument('A signal is an AbortSignal');
  checkDuplexOptions(rest);
}

/** @throws P2PError `INVALID_ARGUMENT` */
export function checkAcceptOptions(options: unknown): asserts options is AcceptOptions & DuplexOptions {
  const { accept, ...rest } = checkSettings(options);
  if (accept !== undefined && typeof accept !== 'function') throw invalidArgument('accept is a function');
  checkDuplexOptions(rest);
}

export function limitsOf(settings: StreamSettings): StreamLimits {
  const { maxWindow = MAX_STREAM_WINDOW, maxObjectSize = DEFAULT_MAX_OBJECT_SIZE } = settings;
  return { maxWindow, maxObjectSize };
}

export function duplexSettingsOf(options: DuplexSettings): DuplexSettings {
  const { highWaterMark, readableHighWaterMark, writableHighWaterMark, allowHalfOpen } = options;
  return { highWaterMark, readableHighWaterMark, writableHighWaterMark, allowHalfOpen };
}

function checkSettings(options: unknown): Record<string, unknown> {
  if (typeof options !== 'object' || options === null) throw invalidArgument('Stream options are an object');
  const settings = options as Record<string, unknown>;
  if ('timeout' in settings) throw invalidArgument('The timeout is not an option of a stream: use with({ timeout })');
  checkBoolean(settings, 'objectMode');
  checkNumber(settings, 'maxWindow', MIN_STREAM_WINDOW, MAX_STREAM_WINDOW);
  checkNumber(settings, 'maxObjectSize', 1, Number.MAX_SAFE_INTEGER);
  return settings;
}

function checkDuplexOptions(options: Record<string, unknown>): void {
  for (const name of ['highWaterMark', 'readableHighWaterMark', 'writableHighWaterMark']) {
    checkNumber(options, name, 0, Number.MAX_SAFE_INTEGER);
  }
  checkBoolean(options, 'allowHalfOpen');
  const { Duplex } = options;
  if (Duplex !== undefined && typeof Duplex !== 'function') throw invalidArgument('Duplex is a class');
}

function checkBoolean(options: Record<string, unknown>, name: string): void {
  const value = options[name];
  if (value !== undefined && typeof value !== 'boolean') throw invalidArgument(`${name} is true or false`);
}

function checkNumber(options: Record<string, unknown>, name: string, least: number, most: number): void {
  const value = options[name];
  if (value === undefined || (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)) {
    return;
  }
  throw invalidArgument(`${name} is a whole number from ${least} to ${most}`);
}
