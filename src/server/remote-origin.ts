import type { P2PError } from '../protocol/p2p-error.js';
import type { Gateway } from './topic-relay.js';

/** Where a session of another server of the cluster is, and what can be asked of it there. */
export interface RemoteOrigin {
  /** Missing: it is that server's own. */
  readonly socketId: string | undefined;
  /** The server that it is connected to. */
  readonly nodeId: string;
  /** By which the same plugin instance is known, without its secret. */
  readonly instance: string | undefined;
  /** Who gets publications for it. */
  readonly gateway: Gateway;
  /** Whether anybody is at the other end of its connection. */
  isAlive(): Promise<boolean>;
  expel(reason: P2PError): void;
  /** Takes it out of the directory there; its socket stays connected. */
  remove(): void;
  /** It is over, for this server. */
  forget(): void;
}
