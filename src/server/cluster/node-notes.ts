import type { WireError } from '../../protocol/p2p-error.js';

/** A client, or a session of another server's own, as that server tells of it. */
export interface SessionNote {
  /** By which the server's messages name the session. */
  readonly number: number;
  readonly clientId: string;
  readonly epoch: number;
  /** Missing: it is the server's own. */
  readonly socketId?: string | undefined;
  /** By which the same plugin instance is known, without its secret. */
  readonly instance?: string | undefined;
  readonly isService: boolean;
  /** A service of the server that leaves its id to a client too. */
  readonly isShared: boolean;
  /** The session of another server that it takes the place of. */
  readonly replaces?: number | undefined;
}

/** What servers tell each other beside packets. */
export type NodeNote =
  | ({ readonly note: 'joined' } & SessionNote)
  | { readonly note: 'left'; readonly number: number }
  /** It is a service from now on. */
  | { readonly note: 'offers'; readonly number: number }
  /** Whether anybody is at the other end of its connection. */
  | { readonly note: 'probe'; readonly id: number; readonly number: number }
  | { readonly note: 'probed'; readonly id: number; readonly isAlive: boolean }
  /** It is to be taken out of the directory. */
  | { readonly note: 'remove'; readonly number: number }
  /** It is to be ended, for this reason, and its socket to be disconnected. */
  | { readonly note: 'expel'; readonly number: number; readonly error: WireError };

export function writeNote(note: NodeNote): Uint8Array {
  return Buffer.from(JSON.stringify(note));
}

export function readNote(body: Buffer): NodeNote {
  return JSON.parse(body.toString()) as NodeNote;
}
