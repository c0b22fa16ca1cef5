import { shapeOf } from './argument-shape.js';
import { checkApi, checkEvent, checkPeer, checkRoom, checkTopic, invalidArgument } from './check-names.js';
import { isWireError, P2PError, readWireError, type WireError } from './p2p-error.js';
import type { StreamMode } from './packet.js';
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

/** `{service, api, args?}` @throws P2PError */
export function readPlainCall(body: unknown): {
  readonly service: string;
  readonly api: string;
  readonly payload: Payload;
} {
  const { service, api, args = [] } = record(body);
  checkPeer(service);
  checkApi(api);
  if (!Array.isArray(args)) throw invalidArgument('args must be an array');
  return { service, api, payload: Payload.ofArguments(args) };
}

/** `{service, topic}` @throws P2PError */
export function readPlainTopic(body: unknown): { readonly service: string; readonly topic: string } {
  const { service, topic } = record(body);
  checkPeer(service);
  checkTopic(topic);
  return { service, topic };
}

/** `{connectionInfo: {targetClientId}, objectMode?, metadata?}` @throws P2PError */
export function readPlainCreateStream(body: unknown): {
  readonly targetClientId: string;
  readonly mode: StreamMode;
  readonly metadata: Payload;
} {
  const { connectionInfo, objectMode = false, metadata } = record(body);
  if (typeof objectMode !== 'boolean') throw invalidArgument('objectMode must be true or false');
  return {
    targetClientId: readPlainTarget(connectionInfo),
    mode: objectMode ? 'objects' : 'bytes',
    metadata: Payload.ofArguments(metadata === undefined ? [] : [metadata]),
  };
}

/** `{streamId, chunk}` @throws P2PError */
export function readPlainChunk(body: unknown): { readonly streamId: number; readonly chunk: unknown } {
  return { streamId: readPlainStreamId(body), chunk: record(body).chunk };
}

/** `{streamId, error?}` @throws P2PError */
export function readPlainDestroy(body: unknown): { readonly streamId: number; readonly error: P2PError } {
  const { error } = record(body);
  const reason = isWireError(error) ? readWireError(error) : new P2PError('STREAM_RESET', messageIn(error));
  return { streamId: readPlainStreamId(body), error: reason };
}

/** `{streamId}` @throws P2PError */
export function readPlainStreamId(body: unknown): number {
  const { streamId } = record(body);
  if (Number.isSafeInteger(streamId)) return streamId as number;
  throw invalidArgument('streamId must be the number of a stream');
}

function messageIn(error: unknown): string {
  const { message } = record(error);
  return typeof message === 'string' ? message : 'The stream was destroyed';
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
