import { PROTOCOL_VERSION, pickClientId } from '../protocol/handshake.js';
import { isClientId } from '../protocol/identifiers.js';
import { P2PError } from '../protocol/p2p-error.js';
import type { RawSocket } from './raw-socket.js';

type AuthData = Record<string, unknown>;
type Auth = AuthData | ((callback: (data: object) => void) => void);

/** What the server is told with every connect. */
interface Announced {
  readonly clientId: string;
  readonly secret: string;
}

/** Tells whether Socket.IO has read `auth` since, and so sent the announcement. */
export interface Announcement {
  readonly wasRead: () => boolean;
}

/**
 * Adds the client id and the announcement to the socket's `auth`, also when the application
 * assigns another one later, which is how tokens are renewed.
 */
export function announce(socket: RawSocket, announced: Announced): Announcement {
  let wasRead = false;
  let auth = withAnnouncement(socket.auth as Auth | undefined, announced);
  Object.defineProperty(socket, 'auth', {
    configurable: true,
    enumerable: true,
    get: () => {
      wasRead = true;
      return auth;
    },
    set: (value: Auth | undefined) => {
      auth = withAnnouncement(value, announced);
    },
  });
  return { wasRead: () => wasRead };
}

function withAnnouncement(auth: Auth | undefined, announced: Announced): Auth {
  if (typeof auth === 'function') {
    return (callback) => auth((data) => callback({ ...data, ...fieldsOf(announced) }));
  }
  if (auth === undefined || auth === null) return fieldsOf(announced);
  // The same object, so that `socket.auth.token = …` goes on working.
  return Object.isFrozen(auth) ? { ...auth, ...fieldsOf(announced) } : Object.assign(auth, fieldsOf(announced));
}

function fieldsOf({ clientId, secret }: Announced): AuthData {
  return { clientId, p2p: { version: PROTOCOL_VERSION, secret } };
}

/**
 * CC-2: the argument, `auth.clientId` and the query must name one id.
 * @throws P2PError `CLIENT_ID_INVALID`, `CLIENT_ID_MISMATCH`
 */
export function checkClientId(socket: RawSocket, clientId: unknown): asserts clientId is string {
  if (!isClientId(clientId)) {
    throw new P2PError('CLIENT_ID_INVALID', 'A client id is a string of 1 to 128 printable characters');
  }
  const auth = socket.auth as Auth | undefined;
  const inAuth = typeof auth === 'object' && auth !== null ? auth.clientId : undefined;
  const elsewhere = pickClientId(inAuth, queryOf(socket));
  if (elsewhere !== undefined && elsewhere !== clientId) {
    throw new P2PError('CLIENT_ID_MISMATCH', `The socket connects as "${elsewhere}", not as "${clientId}"`, {
      details: { clientId, elsewhere },
    });
  }
}

/** The id in the address's query or in the `query` option: Socket.IO keeps both in one place, the former as text. */
function queryOf(socket: RawSocket): unknown {
  const query = socket.io.opts.query as Record<string, unknown> | string | undefined;
  if (typeof query === 'string') return new URLSearchParams(query).get('clientId') ?? undefined;
  return query?.clientId;
}

/** 128 random bits. */
export function createSecret(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
