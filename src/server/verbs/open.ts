import { P2PError } from '../../protocol/p2p-error.js';
import type { PacketOf } from '../../protocol/packet.js';
import { Payload } from '../../protocol/payload.js';
import type { Ask } from '../edge.js';
import type { Session } from '../session.js';
import { throwIf } from '../usage.js';
import { findTarget, misfit, noService, type RouterContext, type Verb } from '../verb.js';
import { forwardRequest } from './ask.js';

/** CS-1: asks for a stream. What the opener grants is let through when there is one. */
export const open: Verb<'open'> = (context, sender, packet) => {
  const { id, peer, credit } = packet;
  if (sender.streams.has(id)) throw idTaken('id');
  throwIf(sender.usage.refusalOf('streams'));
  const target = findTarget(context, peer);
  forwardRequest(context, { sender, target, packet: { ...packet, credit: 0 } }, { type: 'open', credit });
};

/** SS-1: the target has accepted, and says by which number it knows the stream. */
export const opened: Verb<'opened'> = (context, sender, packet) => connect(context, sender, packet);

/** CV-3: the handler is at it, and the call goes on, on a stream. */
export const called: Verb<'called'> = (context, sender, packet) => connect(context, sender, packet);

function connect(
  { directory, interest, streams, failed }: RouterContext,
  sender: Session,
  packet: PacketOf<'opened' | 'called'>,
): void {
  const { peer, epoch, id, stream, credit } = packet;
  if (sender.streams.has(stream)) throw idTaken('stream');
  const opener = directory.at(peer, epoch);
  const asked = opener && interest.settle(opener, sender, id);
  if (!opener || !asked) return refuse(sender, stream, new P2PError('ABORTED', 'The opener waits no more'));
  const isMisfit = !isAnsweredBy(asked, packet.type) || opener.streams.has(id);
  const error = isMisfit ? misfit() : refusalOf(packet, sender, opener);
  if (error) {
    failed(opener, error);
    opener.deliver({ type: 'reject', peer: sender.clientId, epoch: sender.epoch, id, payload: Payload.ofError(error) });
    return refuse(sender, stream, error);
  }
  streams.connect({ session: opener, id }, { session: sender, id: stream });
  opener.deliver({ ...packet, peer: sender.clientId, epoch: sender.epoch, credit: 0 });
  // Only as much as there is room for: the same way as all credit that follows.
  streams.credit(sender, { type: 'credit', stream, credit, probe: 0 });
  if (asked.type === 'open') streams.credit(opener, { type: 'credit', stream: id, credit: asked.credit, probe: 0 });
}

function isAnsweredBy({ type }: Ask, answer: 'opened' | 'called'): boolean {
  return type === (answer === 'opened' ? 'open' : 'call');
}

function refusalOf({ type }: PacketOf<'opened' | 'called'>, sender: Session, opener: Session): P2PError | undefined {
  return type === 'called' && !sender.isService ? noService(sender) : opener.usage.refusalOf('streams');
}

function refuse(sender: Session, stream: number, error: P2PError): void {
  sender.deliver({ type: 'reset', stream, payload: Payload.ofError(error) });
}

/** The sender has given this number to a stream that is open. */
export function idTaken(field: string): P2PError {
  return new P2PError('PACKET_INVALID', 'A stream with this number is open', { details: { field } });
}
