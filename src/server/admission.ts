import { checkVersion, type Identity, readAnnouncement, readHandshake } from '../protocol/handshake.js';
import { RESERVED_ROOM_PREFIX } from '../protocol/identifiers.js';
import { P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { PacketOf } from '../protocol/packet.js';
import { rememberHello, tellEnd } from './client-kind.js';
import { type RawServerSocket, recoverableId } from './raw-server.js';
import type { SessionRequest, Sessions } from './sessions.js';
import type { SocketListeners } from './socket-listeners.js';

export interface AdmissionOptions {
  readonly sessions: Sessions;
  readonly listeners: SocketListeners;
  /** Whether a socket without a client id is refused or left alone (SC-5). */
  readonly clientIdRequired: boolean;
}

/** Who gets in, and under which id (SC-1, SC-5). */
export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** As middleware: a refusal reaches the client as `connect_error` with the error in `data`. */
  readonly check = (socket: RawServerSocket, next: (error?: Error) => void): void => {
    try {
      const identity = this.#identify(socket);
      if (identity) this.#options.sessions.checkFree(requestOf(socket, identity));
      next();
    } catch (error) {
      const refusal = toP2PError(error);
      next(Object.assign(refusal, { data: refusal.toJSON() }));
    }
  };

  /**
   * At the connection everything is checked again: another socket may have been quicker, and one that
   * connection state recovery brought back has passed no middleware.
   */
  readonly admit = (socket: RawServerSocket): void => {
    // A handler before this one may have sent it away.
    if (!socket.connected) return;
    this.#options.listeners.guard(socket);
    try {
      const identity = this.#identify(socket);
      if (socket.recovered) checkRecovered(socket, identity);
      if (identity) this.register(requestOf(socket, identity));
    } catch (error) {
      this.#expel(socket, toP2PError(error));
    }
  };

  /** @throws P2PError `CLIENT_ID_IN_USE`, `INVALID_ARGUMENT` */
  register(request: SessionRequest): void {
    const { sessions, listeners } = this.#options;
    const current = sessions.directory.ofSocket(request.socket.id);
    if (current?.clientId === request.clientId) return;
    if (current) throw new P2PError('INVALID_ARGUMENT', `The socket is "${current.clientId}" already`);
    listeners.attach(request.socket);
    sessions.begin(request);
  }

  /**
   * `hello`: the plugin was applied to a socket that had connected before, as a plain client. It speaks in packets from
   * now on, in a new session. A socket without a session gets none so: only a connect passes the application's middleware.
   */
  readonly hello = (socket: RawServerSocket, read: () => PacketOf<'hello'>): void => {
    rememberHello(socket);
    const { sessions } = this.#options;
    try {
      const { clientId, version, secret } = read();
      checkVersion(version);
      const session = sessions.directory.ofSocket(socket.id);
      if (!session) throw new P2PError('CLIENT_ID_REQUIRED', 'Connect with the client id: this socket has none');
      if (session.clientId !== clientId) {
        throw new P2PError('CLIENT_ID_MISMATCH', `This socket is connected as "${session.clientId}"`);
      }
      if (session.secret === secret) return sessions.welcome(session);
      // A new session would begin with all its room, while what the old one was sent is still on its way.
      if (session.secret !== undefined) throw new P2PError('PACKET_INVALID', 'This socket has said hello already');
      sessions.end(session);
      sessions.begin({ socket, clientId, secret });
    } catch (error) {
      this.#expel(socket, toP2PError(error));
    }
  };

  #identify(socket: RawServerSocket): Identity | undefined {
    const { auth, query } = socket.handshake;
    const identity = readHandshake(auth, query);
    if (identity || !this.#options.clientIdRequired) return identity;
    throw new P2PError('CLIENT_ID_REQUIRED', 'Connect with a client id, as auth.clientId or query.clientId');
  }

  /** A typed refusal after the connect: told in the client's own way, then disconnected from this namespace. */
  #expel(socket: RawServerSocket, error: P2PError): void {
    const { sessions } = this.#options;
    const session = sessions.directory.ofSocket(socket.id);
    if (session) sessions.end(session);
    tellEnd(sessions.writer, socket, error);
    // The application's own connection handlers come first: they see it connect, and then disconnect.
    process.nextTick(() => socket.disconnect());
  }
}

/** The session that a socket asks for by `addClient`: of a plugin client if it announced itself. */
export function requestFor(socket: RawServerSocket, clientId: string): SessionRequest {
  const announced = (socket.handshake.auth as Record<string, unknown> | undefined)?.p2p;
  return { socket, clientId, secret: announced === undefined ? undefined : readAnnouncement(announced).secret };
}

function requestOf(socket: RawServerSocket, { clientId, announcement }: Identity): SessionRequest {
  return { socket, clientId, secret: announcement?.secret };
}

/**
 * Recovery restores rooms, and skips the middleware that decided who this is. So who names itself must be who it was,
 * and the library's rooms, which belong to the session that is over, are left.
 *
 * @throws P2PError `CLIENT_ID_MISMATCH`, `SESSION_REMOVED`
 */
function checkRecovered(socket: RawServerSocket, identity: Identity | undefined): void {
  for (const room of socket.rooms) {
    if (room.startsWith(RESERVED_ROOM_PREFIX)) void socket.leave(room);
  }
  const before = recoverableId(socket);
  if (!identity || before === identity.clientId) return;
  if (before === null) throw new P2PError('SESSION_REMOVED', 'The server has removed this client');
  throw new P2PError('CLIENT_ID_MISMATCH', 'This connection was recovered, and was not that of this client');
}
