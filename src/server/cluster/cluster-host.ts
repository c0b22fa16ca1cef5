import type { P2PError } from '../../protocol/p2p-error.js';
import type { ClientIds } from '../client-ids.js';
import type { Directory } from '../directory.js';
import type { Interest } from '../interest.js';
import type { Router } from '../router.js';
import type { Session } from '../session.js';

/** What a cluster works with: the sessions of this server, and its router. */
export interface ClusterHost {
  readonly directory: Directory;
  readonly ids: ClientIds;
  readonly interest: Interest;
  readonly router: Router;
  /** Frees everything that the session owned, and tells those concerned. */
  end(session: Session): void;
  /** The server takes a client out; its socket stays connected. */
  remove(session: Session): void;
  /** Ends it, tells why, and disconnects. */
  expel(session: Session, reason: P2PError): void;
}
