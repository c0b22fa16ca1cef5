import { ROUTER } from '../protocol/identifiers.js';
import type { P2PError } from '../protocol/p2p-error.js';
import type { ClientPacket, PacketOf } from '../protocol/packet.js';
import { Payload } from '../protocol/payload.js';
import type { Session } from './session.js';
import type { RouterContext } from './verb.js';
import { answer } from './verbs/answer.js';
import { refuseSubscribed } from './verbs/topic.js';

export interface Refusal {
  readonly sender: Session;
  readonly packet: ClientPacket;
  readonly error: P2PError;
}

/** Tells the sender, by what its kind of packet is answered with, and those who would wait for it in vain. */
export function tellRefusal(context: RouterContext, { sender, packet, error }: Refusal): void {
  const payload = Payload.ofError(error);
  switch (packet.type) {
    case 'request':
    case 'pair':
    case 'open':
    case 'call':
    case 'subscribe':
      return sender.deliver({ type: 'reject', peer: packet.peer, epoch: 0, id: packet.id, payload });
    case 'join':
    case 'leave':
    case 'clients':
    case 'connected':
    case 'services':
    case 'publish-wait':
      return sender.deliver({ type: 'reject', peer: ROUTER, epoch: 0, id: packet.id, payload });
    case 'data':
    case 'part':
    case 'finish':
      if (context.streams.fail(sender, packet.stream, error)) return;
      return sender.deliver({ type: 'reset', stream: packet.stream, payload });
    case 'opened':
    case 'called':
      // Written wrongly it is no answer, and another may follow.
      if (error.code === 'PACKET_INVALID') return sender.deliver({ type: 'error', payload });
      rejectAsker(context, sender, packet, payload);
      return sender.deliver({ type: 'reset', stream: packet.stream, payload });
    case 'credit':
      // The other end would wait for it.
      return void context.streams.fail(sender, packet.stream, error);
    case 'reply':
    case 'reject':
      rejectAsker(context, sender, packet, payload);
      return sender.deliver({ type: 'error', payload });
    case 'subscribed':
      refuseSubscribed(context, sender, packet, error);
      return sender.deliver({ type: 'error', payload });
    default:
      return sender.deliver({ type: 'error', payload });
  }
}

/** Or else it would wait for an answer that has been refused. */
function rejectAsker(
  context: RouterContext,
  sender: Session,
  { peer, epoch, id }: PacketOf<'reply' | 'reject' | 'opened' | 'called'>,
  payload: Payload,
): void {
  void answer(context, sender, { type: 'reject', peer, epoch, id, payload });
}
