import { P2PError } from '../../protocol/p2p-error.js';
import type { PacketOf } from '../../protocol/packet.js';
import { type Ask, PAIR, REQUEST } from '../edge.js';
import type { Session } from '../session.js';
import { findTarget, type RouterContext, type Verb } from '../verb.js';

/** CM-2 with an ack, and SM-1: what asks opens an edge, and only along it may an answer come back. */
export const ask: Verb<'request' | 'pair'> = (context, sender, packet) => {
  const target = openRequest(context, sender, packet, packet.type === 'pair' ? PAIR : REQUEST);
  target.deliver({ ...packet, peer: sender.clientId, epoch: sender.epoch });
};

/** Opens the edge. @returns the one who is asked */
export function openRequest(
  context: RouterContext,
  sender: Session,
  { type, peer, epoch, id }: PacketOf<'request' | 'pair' | 'open'>,
  ask: Ask,
): Session {
  const target = findTarget(context, peer);
  if (epoch !== 0 && epoch !== target.epoch) throw new P2PError('PEER_GONE', `That session of "${peer}" is over`);
  if (context.interest.ask(sender, target, id, ask)) return target;
  throw new P2PError('PACKET_INVALID', 'A request with this id is open', { details: { type, field: 'id' } });
}
