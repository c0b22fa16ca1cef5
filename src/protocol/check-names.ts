import { isReservedEvent } from './event-names.js';
import { CLIENT_ID_RULE, isClientId, isName, isReservedRoom, RESERVED_API_PREFIX } from './identifiers.js';
import { P2PError } from './p2p-error.js';

// What a call, or an event of a plain client, can be told about the names in it at once.

/** @throws P2PError `INVALID_ARGUMENT` */
export function checkPeer(clientId: unknown): asserts clientId is string {
  if (!isClientId(clientId)) throw invalidArgument(CLIENT_ID_RULE);
}

/** @throws P2PError `INVALID_ARGUMENT`, `EVENT_RESERVED` */
export function checkEvent(event: unknown): asserts event is string {
  if (!isName(event)) throw invalidArgument('An event name is a string of 1 to 256 characters');
  if (isReservedEvent(event)) {
    throw new P2PError('EVENT_RESERVED', `"${event}" belongs to Socket.IO or to this library`, { details: { event } });
  }
}

/** @throws P2PError `INVALID_ARGUMENT`, `ROOM_RESERVED` */
export function checkRoom(room: unknown): asserts room is string {
  if (!isName(room)) throw invalidArgument('A room name is a string of 1 to 256 characters');
  if (isReservedRoom(room)) {
    throw new P2PError('ROOM_RESERVED', `"${room}" begins with "p2p:" or looks like a socket id`, {
      details: { room },
    });
  }
}

/** @throws P2PError `INVALID_ARGUMENT` */
export function checkApi(api: unknown): asserts api is string {
  if (!isName(api)) throw invalidArgument('An API name is a string of 1 to 256 characters');
}

/** @throws P2PError `INVALID_ARGUMENT` */
export function checkOwnApi(api: unknown): asserts api is string {
  checkApi(api);
  if (api.startsWith(RESERVED_API_PREFIX)) {
    throw invalidArgument(`An API name may not begin with "${RESERVED_API_PREFIX}"`);
  }
}

/** @throws P2PError `INVALID_ARGUMENT` */
export function checkTopic(topic: unknown): asserts topic is string {
  if (!isName(topic)) throw invalidArgument('A topic name is a string of 1 to 256 characters');
}

export function invalidArgument(message: string): P2PError {
  return new P2PError('INVALID_ARGUMENT', message);
}
