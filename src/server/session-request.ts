import type { RawServerSocket } from './raw-server.js';
import type { Session } from './session.js';

/** Who wants to begin a session. */
export interface SessionRequest {
  readonly socket: RawServerSocket;
  readonly clientId: string;
  /** Missing: a plain client. */
  readonly secret: string | undefined;
  /** It reads frames. */
  readonly frames: boolean;
  /** That of the session, where it is decided already. */
  readonly epoch?: number;
  /** The holder of the id, which did not answer. */
  readonly replacing?: Session;
}
