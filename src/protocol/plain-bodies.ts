import { shapeOf } from './argument-shape.js';
import { checkEvent, checkPeer, checkRoom, invalidArgument } from './check-names.js';
import { P2PError, type WireError } from './p2p-error.js';
import { Payload } from './payload.js';

// What plain clients send: the trust boundary for everything that comes without an envelope.

/** What the ack of a plain verb is called with. */
export type PlainResult = { readonly args: readonly unknown[] } | { readonly error: WireError };

export interface PlainMessage {
  readonly event: string;
  readonly payload: Payload;
}

/** `{targetClientId, event, args?}` @throws P2PError */
export function readPlainEmit(body: unknown): PlainMessage & { readonly targetClientId: string } {
  return { targetClientId: readPlainTarget(body), ...readPlainMessage(body) };
}

/** `{room, event, args?}` @throws P2PError */
export function readPlainRoomEmit(body: unknown): PlainMessage & { readonly room: string } {
  return { room: readPlainRoom(body), ...readPlainMessage(body) };
}

/** `{targetClientId}` @throws P2PError */
export function readPlainTarget(body: unknown): string {
  const { targetClientId } = record(body);
  checkPeer(targetClientId);
  return targetClientId;
}

/** `{room}` @throws P2PError */
export function readPlainRoom(body: unknown): string {
  const { room } = record(body);
  checkRoom(room);
  return room;
}

function readPlainMessage(body: unknown): PlainMessage {
  const { event, args = [] } = record(body);
  checkEvent(event);
  if (!Array.isArray(args)) throw invalidArgument('args must be an array');
  return { event, payload: Payload.ofArguments(args) };
}

/**
 * What goes to a plain client crosses Socket.IO's own parser, which ends the receiver's connection over a
 * literal `{_placeholder: true}` beside binary, or puts the wrong bytes in its place.
 * @throws P2PError `PAYLOAD_INVALID`
 */
export function checkPlainArguments(args: readonly unknown[]): void {
  const { hasBytes, hasPlaceholder } = shapeOf(args);
  if (!hasBytes || !hasPlaceholder) return;
  throw new P2PError('PAYLOAD_INVALID', 'An object with _placeholder cannot go to a plain client beside binary');
}

function record(body: unknown): Record<string, unknown> {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}
