import { invalidArgument } from '../protocol/check-names.js';
import { MAX_TIMEOUT } from '../protocol/limits.js';

// What a call can check by itself is refused where the call is made.

/** Per-call options of everything that waits. */
export interface CallOptions {
  /** Time that the operation may take, in ms, 1 to 2,147,483,647. Default 10,000. */
  readonly timeout?: number;
  /** Ends the operation with `ABORTED`. */
  readonly signal?: AbortSignal;
}

/** @throws P2PError `INVALID_ARGUMENT` */
export function checkListener(listener: unknown): void {
  if (typeof listener !== 'function') throw invalidArgument('A listener is a function');
}

/** @throws P2PError `INVALID_ARGUMENT` */
export function checkCallOptions(options: unknown): asserts options is CallOptions {
  if (typeof options !== 'object' || options === null) throw invalidArgument('Call options are an object');
  const { timeout, signal } = options as Record<string, unknown>;
  if (timeout !== undefined && !isTimeout(timeout)) {
    throw invalidArgument(`A timeout is a whole number of ms from 1 to ${MAX_TIMEOUT}`);
  }
  if (signal !== undefined && !isAbortSignal(signal)) throw invalidArgument('A signal is an AbortSignal');
}

/**
 * Takes the ack off a list of arguments.
 * @throws P2PError `INVALID_ARGUMENT` for a function anywhere but last
 */
export function splitAck<Ack>(args: readonly unknown[]): { args: readonly unknown[]; ack: Ack | undefined } {
  const last = args.at(-1);
  const hasAck = typeof last === 'function';
  const rest = hasAck ? args.slice(0, -1) : args;
  if (rest.some((arg) => typeof arg === 'function')) throw invalidArgument('A function may only be the last argument');
  return { args: rest, ack: hasAck ? (last as Ack) : undefined };
}

/** @throws P2PError `INVALID_ARGUMENT` */
export function checkNoFunction(args: readonly unknown[]): void {
  if (args.some((arg) => typeof arg === 'function')) throw invalidArgument('This call takes no function');
}

function isTimeout(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_TIMEOUT;
}

export function isAbortSignal(value: unknown): boolean {
  return typeof AbortSignal === 'function' && value instanceof AbortSignal;
}
