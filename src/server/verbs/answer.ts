import type { P2PError } from '../../protocol/p2p-error.js';
import { Payload } from '../../protocol/payload.js';
import type { Ask } from '../edge.js';
import type { Session } from '../session.js';
import { misfit, noService, type RouterContext, type Verb } from '../verb.js';

/** An answer goes only to the session that asked, once; all others are dropped. */
export const answer: Verb<'reply' | 'reject'> = (context, sender, packet) => {
  const { directory, interest, failed } = context;
  const asker = directory.at(packet.peer, packet.epoch);
  if (!asker) return;
  const asked = interest.settle(asker, sender, packet.id);
  if (!asked) return;
  const stamped = { ...packet, peer: sender.clientId, epoch: sender.epoch };
  if (packet.type === 'reject') return asker.deliver(stamped);
  const error = refusalOf(asked, sender, asker);
  if (error) {
    failed(asker, error);
    return asker.deliver({ ...stamped, type: 'reject', payload: Payload.ofError(error) });
  }
  if (asked.type === 'pair') join(context, asker, sender);
  asker.deliver(stamped);
};

/** Why a reply is none to what was asked. */
function refusalOf({ type }: Ask, sender: Session, asker: Session): P2PError | undefined {
  if (type === 'open' || type === 'subscribe') return misfit();
  if (type === 'call' && !sender.isService) return noService(sender);
  const isPaired = asker.edges.get(sender)?.pairedBy !== undefined;
  return type === 'pair' && !isPaired ? asker.usage.refusalOf('pairs') : undefined;
}

/** It is a pair when both are told, whether or not the asker has given up meanwhile. */
function join({ interest }: RouterContext, asker: Session, sender: Session): void {
  interest.pair(asker, sender);
  sender.deliver({ type: 'paired', peer: asker.clientId, epoch: asker.epoch });
  asker.deliver({ type: 'paired', peer: sender.clientId, epoch: sender.epoch });
}
