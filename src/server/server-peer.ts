import { NO_SERVICES } from '../peer/no-services.js';
import type { PeerEngine } from '../peer/peer-engine.js';
import type { PeerHandler } from '../peer/peer-handler.js';
import { P2PError } from '../protocol/p2p-error.js';
import { hostEngine } from './hosted-engine.js';
import { UNLISTED } from './session.js';
import type { Sessions } from './sessions.js';

export interface ServerPeerOptions {
  readonly sessions: Sessions;
  /** The id by which it is known. */
  readonly serverId: string;
  /** Failures that no caller waits for. */
  readonly failed: (error: P2PError) => void;
}

/** The server as a client among clients (SS-3): it opens streams, calls services and subscribes, and takes nothing. */
export function serverPeer({ sessions, serverId, failed }: ServerPeerOptions): PeerEngine {
  return hostEngine({ sessions, clientId: serverId, handler: handlerOf(failed), ...UNLISTED }).engine;
}

function handlerOf(failed: (error: P2PError) => void): PeerHandler {
  const nobody = () => new P2PError('NO_LISTENER', 'The server takes no messages, pairs or streams of clients');
  const refuse = (request: { reject(error: P2PError): unknown }) => void request.reject(nobody());
  return {
    message: ({ answer }) => answer && refuse(answer),
    pairAsked: (_peer, answer) => refuse(answer),
    streamAsked: refuse,
    ...NO_SERVICES,
    pairEnded: () => {},
    peerGone: () => {},
    failed,
  };
}
