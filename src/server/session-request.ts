import type { RawServerSocket } from './raw-server.js';

/** Who wants to begin a session. */
export interface SessionRequest {
  readonly socket: RawServerSocket;
  readonly clientId: string;
  /** Missing: a plain client. */
  readonly secret: string | undefined;
  /** It reads frames. */
  readonly frames: boolean;
}
