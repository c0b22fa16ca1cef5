import { Payload } from '../../protocol/payload.js';
import { misfit, noService, type Verb } from '../verb.js';

/** An answer goes only to the session that asked, once; all others are dropped. */
export const answer: Verb<'reply' | 'reject'> = ({ directory, interest }, sender, packet) => {
  const asker = directory.at(packet.peer, packet.epoch);
  if (!asker) return;
  const asked = interest.settle(asker, sender, packet.id);
  if (!asked) return;
  if ((asked.type === 'open' || asked.type === 'subscribe') && packet.type === 'reply') {
    packet = { ...packet, type: 'reject', payload: Payload.ofError(misfit()) };
  }
  if (asked.type === 'call' && packet.type === 'reply' && !sender.isService) {
    packet = { ...packet, type: 'reject', payload: Payload.ofError(noService(sender)) };
  }
  if (asked.type === 'pair' && packet.type === 'reply') {
    const isPaired = asker.edges.get(sender)?.pairedBy !== undefined;
    const refusal = isPaired ? undefined : asker.usage.refusalOf('pairs');
    if (refusal) packet = { ...packet, type: 'reject', payload: Payload.ofError(refusal) };
  }
  if (asked.type === 'pair' && packet.type === 'reply') {
    interest.pair(asker, sender);
    // It is a pair when both are told, whether or not the asker has given up meanwhile.
    sender.deliver({ type: 'paired', peer: asker.clientId, epoch: asker.epoch });
    asker.deliver({ type: 'paired', peer: sender.clientId, epoch: sender.epoch });
  }
  asker.deliver({ ...packet, peer: sender.clientId, epoch: sender.epoch });
};
