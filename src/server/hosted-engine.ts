import { PeerEngine } from '../peer/peer-engine.js';
import type { PeerHandler } from '../peer/peer-handler.js';
import { InProcessLink } from './in-process-link.js';
import type { HostedOptions, Session } from './session.js';
import type { SessionPort } from './session-port.js';
import type { Sessions } from './sessions.js';

export interface HostedEngineOptions extends HostedOptions {
  readonly sessions: Sessions;
  readonly clientId: string;
  readonly handler: PeerHandler;
}

/** A client that the server runs itself: an engine over the in-process Link, in a session of its own. */
export interface HostedEngine {
  readonly engine: PeerEngine;
  readonly session: Session;
}

export function hostEngine({ sessions, clientId, handler, ...hosted }: HostedEngineOptions): HostedEngine {
  const link: InProcessLink = new InProcessLink((packet) => sessions.router.handle(session, packet));
  const port: SessionPort = {
    deliver: (packet, { flushed } = {}) => {
      link.receive(packet);
      flushed?.();
    },
    end: (reason) => link.close(reason),
  };
  const session: Session = sessions.host(clientId, port, hosted);
  return { engine: new PeerEngine(link, handler), session };
}
