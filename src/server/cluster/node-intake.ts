import { ROUTER } from '../../protocol/identifiers.js';
import type { Packet, PacketOf } from '../../protocol/packet.js';
import type { Session } from '../session.js';
import type { ClusterHost } from './cluster-host.js';
import type { RemoteNode } from './remote-node.js';

export interface NodeDelivery {
  readonly node: RemoteNode;
  readonly target: Session;
  readonly packet: Packet;
}

/** A packet that another server's router has for a client of this one. */
export function takeTo(host: ClusterHost, { node, target, packet }: NodeDelivery): void {
  switch (packet.type) {
    case 'data':
    case 'part':
    case 'credit':
    case 'finish':
    case 'reset':
      return takeOnStream(host, target, packet);
    case 'reply':
      if (packet.peer === ROUTER) node.published(packet.id);
      return;
    case 'reject':
      return takeRefusal(host, target, packet);
    default:
      target.deliver(packet);
  }
}

/** It goes by the number that its receiver has for the stream. */
function takeOnStream(
  { router }: ClusterHost,
  target: Session,
  packet: PacketOf<'data' | 'part' | 'credit' | 'finish' | 'reset'>,
): void {
  const end = target.streams.get(packet.stream);
  if (end) {
    const { session, id } = end.other();
    router.handle(session, { ...packet, stream: id });
  } else if (packet.type === 'reset') {
    target.deliver(packet);
  }
}

/** The router there had nobody to pass the question on to. */
function takeRefusal({ interest }: ClusterHost, target: Session, packet: PacketOf<'reject'>): void {
  for (const [other, edge] of target.edges) {
    if (other.clientId !== packet.peer || !edge.isOpen(target, packet.id)) continue;
    interest.settle(target, other, packet.id);
    target.deliver(packet);
    return;
  }
}
