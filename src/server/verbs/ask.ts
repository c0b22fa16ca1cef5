import { P2PError } from '../../protocol/p2p-error.js';
import type { PacketOf } from '../../protocol/packet.js';
import { type Ask, PAIR, REQUEST } from '../edge.js';
import type { Session } from '../session.js';
import { findTarget, type RouterContext, type Verb } from '../verb.js';

/** CM-2 with an ack, and SM-1: what asks opens an edge, and only along it may an answer come back. */
export const ask: Verb<'request' | 'pair'> = (context, sender, packet) => {
  const target = findTarget(context, packet.peer);
  forwardRequest(context, { sender, target, packet }, packet.type === 'pair' ? PAIR : REQUEST);
};

export interface Asking {
  readonly sender: Session;
  readonly target: Session;
  readonly packet: PacketOf<'request' | 'pair' | 'open' | 'call' | 'subscribe'>;
}

/** Opens the edge, and sends it on with its sender stamped. @throws P2PError `PEER_GONE`, `PACKET_INVALID`, `LIMIT_EXCEEDED`, `PEER_TOO_SLOW` */
export function forwardRequest({ interest }: RouterContext, { sender, target, packet }: Asking, ask: Ask): void {
  const { type, peer, epoch, id } = packet;
  if (epoch !== 0 && epoch !== target.epoch) throw new P2PError('PEER_GONE', `That session of "${peer}" is over`);
  if (!interest.ask(sender, target, id, ask)) {
    throw new P2PError('PACKET_INVALID', 'A request with this id is open', { details: { type, field: 'id' } });
  }
  try {
    target.deliver({ ...packet, peer: sender.clientId, epoch: sender.epoch });
  } catch (error) {
    interest.settle(sender, target, id);
    throw error;
  }
}
