import { PeerEngine } from '../peer/peer-engine.js';
import type { PeerHandler } from '../peer/peer-handler.js';
import { P2PError } from '../protocol/p2p-error.js';
import { InProcessLink } from './in-process-link.js';
import type { Session } from './session.js';
import type { Sessions } from './sessions.js';

export interface ServerPeerOptions {
  readonly sessions: Sessions;
  /** The id by which it is known. */
  readonly serverId: string;
  /** Failures that no caller waits for. */
  readonly failed: (error: P2PError) => void;
}

/** The server as a client among clients: an engine over the in-process Link, in a session of its own (SS-3). */
export class ServerPeer {
  readonly engine: PeerEngine;

  constructor({ sessions, serverId, failed }: ServerPeerOptions) {
    const link: InProcessLink = new InProcessLink((packet) => sessions.router.handle(session, packet));
    const session: Session = sessions.host(serverId, {
      deliver: (packet, { flushed } = {}) => {
        link.receive(packet);
        flushed?.();
      },
      end: (reason) => link.close(reason),
    });
    this.engine = new PeerEngine(link, handlerOf(failed));
  }
}

/** It opens streams, and takes nothing. */
function handlerOf(failed: (error: P2PError) => void): PeerHandler {
  const nobody = () => new P2PError('NO_LISTENER', 'The server takes no messages, pairs or streams of clients');
  return {
    message: ({ answer }) => answer?.reject(nobody()),
    pairAsked: (_peer, answer) => answer.reject(nobody()),
    streamAsked: (request) => request.reject(nobody()),
    pairEnded: () => {},
    peerGone: () => {},
    failed,
  };
}
