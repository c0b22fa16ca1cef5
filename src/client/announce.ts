import { FRAMES_VERSION, PROTOCOL_VERSION, pickClientId } from '../protocol/handshake.js';
import { CLIENT_ID_RULE, isClientId } from '../protocol/identifiers.js';
import { P2PError } from '../protocol/p2p-error.js';
import { interceptPackets, type RawSocket } from './raw-socket.js';

/** What the server is told with every connect. */
interface Announced {
  readonly clientId: string;
  readonly secret: string;
  /** It reads frames. */
  readonly frames: boolean;
}

/** What happens as something is sent. */
export interface AnnounceListener {
  /** `auth` names another client now; nothing is sent. */
  mismatched(error: P2PError): void;
  /** Something else than a connect is about to be sent. */
  sending(): void;
}

/** Tells whether the present or last connect has carried the announcement. */
export interface Announcement {
  readonly wasSent: boolean;
}

/**
 * Adds the client id and the announcement to what each connect sends, beside what the application has in `auth`
 * at that moment.
 */
export function announce(
  socket: RawSocket,
  { clientId, secret, frames }: Announced,
  { mismatched, sending }: AnnounceListener,
): Announcement {
  const announcement = { wasSent: false };
  const p2p = { version: PROTOCOL_VERSION, secret, ...(frames && { frames: FRAMES_VERSION }) };
  const change = (auth: object | undefined) => {
    const other = (auth as Record<string, unknown> | null | undefined)?.clientId;
    if (other !== undefined && other !== clientId) {
      mismatched(mismatch(clientId, other));
      return undefined;
    }
    announcement.wasSent = true;
    return { ...auth, clientId, p2p };
  };
  interceptPackets(socket, { change, before: sending });
  return announcement;
}

/**
 * CC-2: the argument, `auth.clientId`, the query and an earlier application of the plugin must name one id.
 * @throws P2PError `CLIENT_ID_INVALID`, `CLIENT_ID_MISMATCH`
 */
export function checkClientId(socket: RawSocket, clientId: unknown, before?: string): asserts clientId is string {
  if (!isClientId(clientId)) {
    throw new P2PError('CLIENT_ID_INVALID', CLIENT_ID_RULE);
  }
  const { auth } = socket;
  const inAuth = typeof auth === 'object' && auth !== null ? auth.clientId : undefined;
  const elsewhere = before ?? pickClientId(inAuth, queryOf(socket));
  if (elsewhere !== undefined && elsewhere !== clientId) throw mismatch(clientId, elsewhere);
}

function mismatch(clientId: string, elsewhere: unknown): P2PError {
  return new P2PError('CLIENT_ID_MISMATCH', `The socket connects as "${elsewhere}", not as "${clientId}"`, {
    details: { clientId, elsewhere },
  });
}

/** The id in the address's query or in the `query` option: Socket.IO keeps both in one place, the former as text. */
function queryOf(socket: RawSocket): unknown {
  const { query } = socket.io.opts;
  if (typeof query === 'string') return new URLSearchParams(query).get('clientId') ?? undefined;
  return query?.clientId;
}

/** 128 random bits. */
export function createSecret(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
