import type { ClientPacket } from '../protocol/packet.js';
import { streamCost } from '../protocol/stream-cost.js';
import type { Directory } from './directory.js';
import type { Session } from './session.js';

/** Credit in portions of at least this much is limited by the data that it lets through, in bytes. */
const PAID_CREDIT = 1_024;

const ENDINGS: ReadonlySet<ClientPacket['type']> = new Set([
  'cancel',
  'reset',
  'finish',
  'unsubscribe',
  'unwatch',
  'close-topic',
]);

/**
 * Whether a packet needs no budget: its sender has credit for it, or has given some, or was asked for it. Or else those
 * who ask could use up the budget of the one who answers.
 */
export function isPaidFor(directory: Directory, sender: Session, packet: ClientPacket): boolean {
  switch (packet.type) {
    case 'data':
    case 'part':
      return sender.streams.has(packet.stream) || sender.takeLateCredit(streamCost(packet.payload));
    case 'credit':
      // After the end nothing comes for it.
      return packet.credit >= PAID_CREDIT && sender.streams.get(packet.stream)?.other().finished === false;
    case 'reply':
    case 'reject':
    case 'opened':
    case 'called':
    case 'subscribed': {
      const asker = directory.at(packet.peer, packet.epoch);
      return asker?.edges.get(sender)?.isOpen(asker, packet.id) ?? false;
    }
    case 'retained': {
      const subscriber = directory.at(packet.peer, packet.epoch);
      const relay = sender.topics.get(packet.topic);
      return (relay && subscriber?.subscriptions.has(relay)) ?? false;
    }
    default:
      return false;
  }
}

/** What ends something is never refused for a rate: or else that would never end. */
export function endsSomething({ type }: ClientPacket): boolean {
  return ENDINGS.has(type);
}
