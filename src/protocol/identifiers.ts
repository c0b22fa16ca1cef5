import { MAX_CLIENT_ID_LENGTH, MAX_NAME_LENGTH } from './limits.js';

/** The address of the router itself: never a client's id. */
export const ROUTER = '';

/** The id by which the server itself is known, unless told otherwise. */
export const DEFAULT_SERVER_ID = 'p2p:server';

/** Rooms whose names begin so are the library's own. */
export const RESERVED_ROOM_PREFIX = 'p2p:';

const PROTOTYPE_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
const UNPRINTABLE = /[\u0000-\u001f\u007f]/;

/** Socket.IO gives every socket 20 characters of base64url as its id. */
const SOCKET_ID_SHAPE = /^[A-Za-z0-9_-]{20}$/;

/** What to tell whoever got it wrong. */
export const CLIENT_ID_RULE = 'A client id is a string of 1 to 128 printable characters';

/** Whether the value can be a client id: 1 to 128 printable characters, no name of a prototype. */
export function isClientId(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= MAX_CLIENT_ID_LENGTH &&
    !UNPRINTABLE.test(value) &&
    !PROTOTYPE_NAMES.has(value) &&
    isWellFormed(value)
  );
}

/** Whether the value can name an event, a room, an API or a topic, reserved or not. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME_LENGTH && isWellFormed(value);
}

/** APIs whose names begin so are answered by the library itself. */
export const RESERVED_API_PREFIX = 'p2p:';

/** The API that every service has: what it offers. */
export const DESCRIBE_API = 'p2p:describe';

/** The room of a topic's subscribers (SV-5): its service's name is told by its length from the topic's. */
export function topicRoom(service: string, topic: string): string {
  return `${RESERVED_ROOM_PREFIX}topic:${service.length}:${service}:${topic}`;
}

/**
 * Whether a room is closed to clients (CC-1). Every socket sits in a room of its own id, so a name
 * with that shape would let one client listen to another.
 */
export function isReservedRoom(room: string): boolean {
  return room.startsWith(RESERVED_ROOM_PREFIX) || SOCKET_ID_SHAPE.test(room);
}

/** A lone half of a surrogate pair changes when it is written as UTF-8. */
function isWellFormed(value: string): boolean {
  // Newer than the language that is compiled to, and faster.
  const { isWellFormed: builtIn } = value as { isWellFormed?: () => boolean };
  return builtIn ? builtIn.call(value) : !/\p{Surrogate}/u.test(value);
}
