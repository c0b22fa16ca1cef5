import { P2PError } from '../protocol/p2p-error.js';
import type { Packet } from '../protocol/packet.js';
import type { Payload } from '../protocol/payload.js';

/**
 * `up`: packets go through. `waiting`: not yet, but it is being tried for the first time, or the
 * welcome is on its way. `down`: lost, refused or closed.
 */
export type LinkState = 'up' | 'waiting' | 'down';

/** Packet port under an engine: the engine knows nothing of what carries the packets. */
export interface Link {
  readonly state: LinkState;
  /** Why the link is not up, as far as is known. */
  readonly problem: P2PError | undefined;
  /** Once it is down, it stays so. */
  readonly isFinal: boolean;
  /** Largest payload that `send` takes, in bytes as they are on the wire. */
  readonly maxPayload: number;
  /** @throws P2PError `PAYLOAD_TOO_LARGE` for what `send` would not take */
  checkSize(payload: Payload): void;
  /** Tells the receiver what happens from now on. Called once, before anything else. */
  open(receiver: LinkReceiver): void;
  /** @throws P2PError `LINK_DOWN` when the link is not up, `PAYLOAD_TOO_LARGE` */
  send(packet: Packet): void;
}

/** What a link tells the engine on top of it. */
export interface LinkReceiver {
  linkUp(): void;
  /** The link was lost, or will not come up. Not called while it is merely waiting. */
  linkDown(error: P2PError): void;
  receive(packet: Packet): void;
}

/** The failure of everything that waited when a link went down. */
export function linkDown(message = 'The connection to the server was lost', cause?: unknown): P2PError {
  return new P2PError('LINK_DOWN', message, { cause });
}

/** The failure of everything that waited for a peer whose session ended. */
export function peerGone(clientId: string): P2PError {
  return new P2PError('PEER_GONE', `"${clientId}" has disconnected`, { details: { clientId } });
}
