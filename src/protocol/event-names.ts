/** The one event that carries packets between plugin clients and the router. */
export const ENVELOPE_EVENT = 'P2P';

/** What went wrong, told to a client; on a plugin client also the local event for failures. */
export const SERVER_ERROR = 'SERVER_ERROR';

/** What a bare `socket.io-client` may emit (SC-4). */
export const PLAIN_VERBS = {
  emit: 'P2P_EMIT',
  request: 'P2P_EMIT_ACKNOWLEDGE',
  joinRoom: 'JOIN_ROOM',
  leaveRoom: 'LEAVE_ROOM',
  emitRoom: 'EMIT_ROOM',
  addTarget: 'MULTI_API_ADD_TARGET',
  clientList: 'GET_CLIENT_LIST',
  isConnected: 'IS_CLIENT_CONNECTED',
} as const;

/** The streams of clients without the plugin: the same names in both directions (SS-1). */
export const STREAM_EVENTS = {
  create: 'MULTI_API_CREATE_STREAM',
  chunk: 'MULTI_API_STREAM_CHUNK',
  end: 'MULTI_API_STREAM_END',
  destroy: 'MULTI_API_STREAM_DESTROY',
} as const;

/** The services and topics of others, for clients without the plugin (CV-3). */
export const SERVICE_VERBS = {
  call: 'SERVICE_CALL',
  list: 'SERVICE_LIST',
  subscribe: 'TOPIC_SUBSCRIBE',
  unsubscribe: 'TOPIC_UNSUBSCRIBE',
} as const;

/** What a subscriber without the plugin hears. */
export const TOPIC_EVENTS = {
  publication: 'TOPIC_PUBLICATION',
  missed: 'TOPIC_MISSED',
  closed: 'TOPIC_CLOSED',
} as const;

/** Asks a client for a pair; the same name in both directions (SM-1). */
export const ADD_TARGET = PLAIN_VERBS.addTarget;

/** Tells one side of a pair that the other is gone (SM-2). */
export const TARGET_DISCONNECT = 'MULTI_API_TARGET_DISCONNECT';

const RESERVED = new Set<string>([
  // Socket.IO's own, on either side
  'connect',
  'connection',
  'connect_error',
  'disconnect',
  'disconnecting',
  'error',
  'newListener',
  'removeListener',
  // ours
  ENVELOPE_EVENT,
  SERVER_ERROR,
  ...Object.values(PLAIN_VERBS),
]);

const RESERVED_PREFIXES = ['P2P_', 'MULTI_API_', 'TOPIC_', 'SERVICE_'];

/** Whether the name belongs to Socket.IO or to this library, so that no client may send it to another. */
export function isReservedEvent(event: string): boolean {
  return RESERVED.has(event) || RESERVED_PREFIXES.some((prefix) => event.startsWith(prefix));
}
