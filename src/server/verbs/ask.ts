import { P2PError } from '../../protocol/p2p-error.js';
import { findTarget, type Verb } from '../verb.js';

/** CM-2 with an ack, and SM-1: what asks opens an edge, and only along it may an answer come back. */
export const ask: Verb<'request' | 'pair'> = (context, sender, packet) => {
  const { type, peer, epoch, id } = packet;
  const target = findTarget(context, peer);
  if (epoch !== 0 && epoch !== target.epoch) throw new P2PError('PEER_GONE', `That session of "${peer}" is over`);
  if (!context.interest.ask(sender, target, id, type)) {
    throw new P2PError('PACKET_INVALID', 'A request with this id is open', { details: { type, field: 'id' } });
  }
  target.deliver({ ...packet, peer: sender.clientId, epoch: sender.epoch });
};
