import { P2PError } from '../../protocol/p2p-error.js';
import type { Session } from '../session.js';
import type { RemoteClient } from './remote-clients.js';

/** Why a client has to leave its id to one of another server: who came first keeps it, unless the other may replace it. */
export function whyNot({ clientId, epoch }: Session, client: RemoteClient): P2PError | undefined {
  if (client.replaces === epoch) {
    return replaced(clientId);
  }
  if (client.socketId === undefined) {
    const isTaken = client.isService && !client.isShared;
    return isTaken ? new P2PError('CLIENT_ID_RESERVED', `"${clientId}" is kept for the server`) : undefined;
  }
  if (epoch < client.epoch) return undefined;
  return inUse(clientId);
}

/** Another has taken its place. */
export function replaced(clientId: string): P2PError {
  return new P2PError('SESSION_REPLACED', `A newer session of "${clientId}" has begun`);
}

/** Another has it. */
export function inUse(clientId: string): P2PError {
  return new P2PError('CLIENT_ID_IN_USE', `Another client is connected as "${clientId}"`, { details: { clientId } });
}
