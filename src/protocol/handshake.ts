import { CLIENT_ID_RULE, isClientId } from './identifiers.js';
import { P2PError } from './p2p-error.js';
import { isSecret } from './packet-checks.js';

/** The version of the wire that `PROTOCOL.md` describes. */
export const PROTOCOL_VERSION = 1;

/** The version of the frames that it describes. */
export const FRAMES_VERSION = 1;

/** What a plugin client adds to `auth`. */
export interface Announcement {
  readonly version: number;
  /** Random for each plugin instance: lets a client replace its own old session. */
  readonly secret: string;
  /** It reads frames. */
  readonly frames: boolean;
}

/** Who a socket says it is. */
export interface Identity {
  readonly clientId: string;
  /** Missing: a plain client. */
  readonly announcement: Announcement | undefined;
}

/**
 * Reads the client id and the announcement from a handshake. No id at all gives nothing.
 * @throws P2PError `CLIENT_ID_INVALID`, `CLIENT_ID_MISMATCH`, `VERSION_UNSUPPORTED`, `PACKET_INVALID`
 */
export function readHandshake(auth: unknown, query: unknown): Identity | undefined {
  const fields = isRecord(auth) ? auth : {};
  const clientId = pickClientId(fields.clientId, isRecord(query) ? query.clientId : undefined);
  if (clientId === undefined) return undefined;
  return { clientId, announcement: fields.p2p === undefined ? undefined : readAnnouncement(fields.p2p) };
}

/** One id from the two places in which it may stand, if any. */
export function pickClientId(fromAuth: unknown, fromQuery: unknown): string | undefined {
  if (fromAuth !== undefined && fromQuery !== undefined && fromAuth !== fromQuery) {
    throw new P2PError('CLIENT_ID_MISMATCH', 'The client ids in auth and in the query differ');
  }
  const clientId = fromAuth === undefined ? fromQuery : fromAuth;
  if (clientId === undefined) return undefined;
  if (!isClientId(clientId)) {
    throw new P2PError('CLIENT_ID_INVALID', CLIENT_ID_RULE);
  }
  return clientId;
}

/** @throws P2PError `VERSION_UNSUPPORTED`, `PACKET_INVALID` */
export function readAnnouncement(value: unknown): Announcement {
  const { version, secret, frames } = isRecord(value) ? value : {};
  if (!Number.isSafeInteger(version)) throw new P2PError('PACKET_INVALID', 'The announcement has no version');
  checkVersion(version);
  if (!isSecret(secret)) throw new P2PError('PACKET_INVALID', 'The announcement has no valid secret');
  return { version: PROTOCOL_VERSION, secret, frames: frames === FRAMES_VERSION };
}

/** @throws P2PError `VERSION_UNSUPPORTED` */
export function checkVersion(version: unknown): void {
  if (version === PROTOCOL_VERSION) return;
  throw new P2PError('VERSION_UNSUPPORTED', `This side speaks version ${PROTOCOL_VERSION} of the protocol`, {
    details: { supported: [PROTOCOL_VERSION] },
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
