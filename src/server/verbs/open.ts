import { P2PError } from '../../protocol/p2p-error.js';
import type { PacketOf } from '../../protocol/packet.js';
import { Payload } from '../../protocol/payload.js';
import type { Session } from '../session.js';
import { misfit, type Verb } from '../verb.js';
import { openRequest } from './ask.js';

/** CS-1: asks for a stream. What the opener grants is let through when there is one. */
export const open: Verb<'open'> = (context, sender, packet) => {
  const { id, credit } = packet;
  if (sender.streams.has(id)) throw idTaken('id');
  openRequest(context, sender, packet, { type: 'open', credit }).deliver({
    ...packet,
    peer: sender.clientId,
    epoch: sender.epoch,
    credit: 0,
  });
};

/** SS-1: the target has accepted, and says by which number it knows the stream. */
export const opened: Verb<'opened'> = ({ directory, interest, streams }, sender, packet) => {
  const { peer, epoch, id, stream, credit } = packet;
  if (sender.streams.has(stream)) throw idTaken('stream');
  const opener = directory.get(peer);
  const asked = opener?.epoch === epoch ? interest.settle(opener, sender, id) : undefined;
  if (!opener || !asked) return refuse(sender, stream, new P2PError('ABORTED', 'The opener waits no more'));
  if (asked.type !== 'open' || opener.streams.has(id)) {
    const error = misfit();
    opener.deliver({ type: 'reject', peer: sender.clientId, epoch: sender.epoch, id, payload: Payload.ofError(error) });
    return refuse(sender, stream, error);
  }
  streams.connect({ session: opener, id }, { session: sender, id: stream });
  const packetToOpener: PacketOf<'opened'> = { ...packet, peer: sender.clientId, epoch: sender.epoch, credit: 0 };
  opener.deliver(packetToOpener);
  // Only as much as there is room for: the same way as all credit that follows.
  streams.credit(sender, { type: 'credit', stream, credit, probe: 0 });
  streams.credit(opener, { type: 'credit', stream: id, credit: asked.credit, probe: 0 });
};

function refuse(sender: Session, stream: number, error: P2PError): void {
  sender.deliver({ type: 'reset', stream, payload: Payload.ofError(error) });
}

function idTaken(field: string): P2PError {
  return new P2PError('PACKET_INVALID', 'A stream with this number is open', { details: { field } });
}
