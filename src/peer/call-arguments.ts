import { isEventName, isReservedEvent } from '../protocol/event-names.js';
import { isClientId, isReservedRoom, isRoomName } from '../protocol/identifiers.js';
import { MAX_TIMEOUT } from '../protocol/limits.js';
import { P2PError } from '../protocol/p2p-error.js';

// What a call can check by itself is refused where the call is made.

/** Per-call options of everything that waits. */
export interface CallOptions {
  /** Time that the operation may take, in ms, 1 to 2,147,483,647. Default 10,000. */
  readonly timeout?: number;
  /** Ends the operation with `ABORTED`. */
  readonly signal?: AbortSignal;
}

/** @throws P2PError `INVALID_ARGUMENT` */
export function checkPeer(clientId: unknown): asserts clientId is string {
  if (!isClientId(clientId)) throw invalidArgument('A client id is a string of 1 to 128 printable characters');
}

/** @throws P2PError `INVALID_ARGUMENT`, `EVENT_RESERVED` */
export function checkEvent(event: unknown): asserts event is string {
  if (!isEventName(event)) throw invalidArgument('An event name is a string of 1 to 256 characters');
  if (isReservedEvent(event)) {
    throw new P2PError('EVENT_RESERVED', `"${event}" belongs to Socket.IO or to this library`, { details: { event } });
  }
}

/** @throws P2PError `INVALID_ARGUMENT`, `ROOM_RESERVED` */
export function checkRoom(room: unknown): asserts room is string {
  if (!isRoomName(room)) throw invalidArgument('A room name is a string of 1 to 256 characters');
  if (isReservedRoom(room)) {
    throw new P2PError('ROOM_RESERVED', `"${room}" begins with "p2p:" or looks like a socket id`, {
      details: { room },
    });
  }
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

export function invalidArgument(message: string): P2PError {
  return new P2PError('INVALID_ARGUMENT', message);
}

function isTimeout(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_TIMEOUT;
}

function isAbortSignal(value: unknown): boolean {
  return typeof AbortSignal === 'function' && value instanceof AbortSignal;
}
