import { RESERVED_ROOM_PREFIX, ROUTER } from '../../protocol/identifiers.js';
import { isP2PError, P2PError } from '../../protocol/p2p-error.js';
import type { PacketOf } from '../../protocol/packet.js';
import { EMPTY_PAYLOAD } from '../../protocol/payload.js';
import type { Session } from '../session.js';
import type { SharedEncodings } from '../session-port.js';
import { throwIf } from '../usage.js';
import type { RouterContext, Verb } from '../verb.js';

/** CC-1: rooms are Socket.IO's own, so `io.to(room)` reaches them too. */
export const join: Verb<'join'> = async (context, sender, { id, room }) => {
  checkNoSocketRoom(context, room);
  checkRoomCount(sender, room);
  await sender.socket?.join(room);
  sender.deliver({ type: 'reply', peer: ROUTER, epoch: 0, id, payload: EMPTY_PAYLOAD });
};

export const leave: Verb<'leave'> = async (context, sender, { id, room }) => {
  checkNoSocketRoom(context, room);
  await sender.socket?.leave(room);
  sender.deliver({ type: 'reply', peer: ROUTER, epoch: 0, id, payload: EMPTY_PAYLOAD });
};

/** CC-1: to everyone in the room but the sender, which need not be in it. */
export const roomMessage: Verb<'room-message'> = (context, sender, { room, event, payload }) => {
  checkNoSocketRoom(context, room);
  const packet: PacketOf<'message'> = { type: 'message', peer: sender.clientId, event, payload };
  const shared: SharedEncodings = {};
  let problem: unknown;
  for (const socketId of context.namespace.adapter.rooms.get(room) ?? []) {
    const member = context.directory.ofSocket(socketId);
    if (!member || member === sender) continue;
    try {
      member.deliver(packet, { shared });
    } catch (error) {
      // A plain member that may not be sent this event is passed over.
      if (!isP2PError(error) || error.code !== 'EVENT_NOT_ALLOWED') problem = error;
    }
  }
  if (!sender.remote) context.spread(sender, { type: 'room-message', room, event, payload });
  if (problem) throw anonymous(problem);
};

/** @throws P2PError `LIMIT_EXCEEDED` */
function checkRoomCount({ socket, usage }: Session, room: string): void {
  if (!socket || socket.rooms.has(room)) return;
  // Its own is not counted, and neither are those of topics.
  const limit = usage.refusal('maxRooms', socket.rooms.size - 1);
  if (!limit) return;
  const own = [...socket.rooms].filter((name) => name === socket.id || name.startsWith(RESERVED_ROOM_PREFIX));
  throwIf(usage.refusal('maxRooms', socket.rooms.size - own.length));
}

/** Ids of sockets are refused by their shape; this holds whatever shape they have. */
function checkNoSocketRoom({ namespace }: RouterContext, room: string): void {
  if (!namespace.sockets.has(room)) return;
  throw new P2PError('ROOM_RESERVED', `"${room}" is the room of a socket`, { details: { room } });
}

/** Who is in a room is not told to those outside. */
function anonymous(problem: unknown): unknown {
  return isP2PError(problem)
    ? new P2PError(problem.code, `Not everyone in the room was reached: ${problem.code}`)
    : problem;
}
