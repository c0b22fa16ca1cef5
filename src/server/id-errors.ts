import { P2PError } from '../protocol/p2p-error.js';

/** Another client has the id. */
export function inUse(clientId: string): P2PError {
  return new P2PError('CLIENT_ID_IN_USE', `Another client is connected as "${clientId}"`, { details: { clientId } });
}

/** A newer session has taken the id. */
export function replaced(clientId: string): P2PError {
  return new P2PError('SESSION_REPLACED', `A newer session of "${clientId}" has begun`);
}

/** The server has the id. */
export function reserved(clientId: string): P2PError {
  return new P2PError('CLIENT_ID_RESERVED', `"${clientId}" is kept for the server`, { details: { clientId } });
}
