import { P2PError } from '../protocol/p2p-error.js';
import type { ClientPacketType, PacketOf } from '../protocol/packet.js';
import type { Directory } from './directory.js';
import type { Interest } from './interest.js';
import type { Permission } from './permission.js';
import type { RawNamespace } from './raw-server.js';
import type { HostedOptions, Session } from './session.js';
import type { StreamRelays } from './stream-relays.js';
import type { TopicRelays } from './topic-relays.js';

/** What a verb works with. */
export interface RouterContext {
  readonly namespace: RawNamespace;
  readonly directory: Directory;
  readonly interest: Interest;
  readonly streams: StreamRelays;
  readonly topics: TopicRelays;
  /** Missing: everything is permitted. */
  readonly permission: Permission | undefined;
  /** Tells the other servers of a cluster what is said to a room. */
  readonly spread: (sender: Session, packet: PacketOf<'room-message'>) => void;
  /** A client was told of this failure. */
  readonly failed: (sender: Session, error: P2PError) => void;
  /** Failures of the server itself, which no client is told in detail. */
  readonly logError: (message: string, error: unknown) => void;
}

/** What one type of packet makes the router do; what it throws is told to the sender. */
export type Verb<T extends ClientPacketType> = (
  context: RouterContext,
  sender: Session,
  packet: PacketOf<T>,
) => void | Promise<void>;

/** A reply to an open, or an opened to a request: what the asker is told instead. */
export function misfit(): P2PError {
  return new P2PError('PACKET_INVALID', 'The answer does not fit what was asked');
}

/** Who has not said that it is one, by `offer`, or may not be, cannot answer as one either. */
export function noService({ clientId }: Session): P2PError {
  return new P2PError('API_NOT_FOUND', `"${clientId}" is no service`, { details: { service: clientId } });
}

/** @throws P2PError `CLIENT_NOT_FOUND` (SM-3) */
export function findTarget({ directory }: RouterContext, clientId: string, event?: string): Session {
  const target = directory.get(clientId);
  if (target) return target;
  throw new P2PError('CLIENT_NOT_FOUND', `No client "${clientId}" is connected`, {
    details: event === undefined ? { clientId } : { clientId, event },
  });
}

/**
 * SV-3: a service of the server answers what it has, where it shares its id with a client; all else goes to the client.
 * @throws P2PError `CLIENT_NOT_FOUND`
 */
export function findService(
  context: RouterContext,
  clientId: string,
  hasIt: (service: HostedOptions) => boolean,
): Session {
  const hosted = context.directory.shared(clientId);
  return hosted?.hosted && hasIt(hosted.hosted) ? hosted : findTarget(context, clientId);
}
