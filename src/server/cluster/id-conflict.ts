import type { P2PError } from '../../protocol/p2p-error.js';
import { inUse, replaced, reserved } from '../id-errors.js';
import type { Session } from '../session.js';
import type { RemoteClient } from './remote-clients.js';

/** Why a client has to leave its id to one of another server: who came first keeps it, unless the other may replace it. */
export function whyNot({ clientId, epoch }: Session, client: RemoteClient): P2PError | undefined {
  if (client.replaces === epoch) return replaced(clientId);
  if (client.socketId === undefined) return client.isService && !client.isShared ? reserved(clientId) : undefined;
  return epoch < client.epoch ? undefined : inUse(clientId);
}
