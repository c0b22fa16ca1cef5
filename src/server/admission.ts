import { SERVER_ERROR } from '../protocol/event-names.js';
import { checkVersion, type Identity, readAnnouncement, readHandshake } from '../protocol/handshake.js';
import { RESERVED_ROOM_PREFIX } from '../protocol/identifiers.js';
import { P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { PacketOf } from '../protocol/packet.js';
import { PluginPort } from './plugin-port.js';
import type { RawServerSocket } from './raw-server.js';
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
    this.#options.listeners.guard(socket);
    if (socket.recovered) leaveReservedRooms(socket);
    try {
      const identity = this.#identify(socket);
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
    sessions.checkFree(request);
    listeners.attach(request.socket);
    sessions.begin(request);
  }

  /** `hello`: the plugin was applied to a socket that had connected before. */
  hello(socket: RawServerSocket, { clientId, version, secret }: PacketOf<'hello'>): void {
    const { sessions } = this.#options;
    try {
      checkVersion(version);
      const session = sessions.directory.ofSocket(socket.id);
      if (!session) return this.register({ socket, clientId, secret });
      if (session.clientId !== clientId) {
        throw new P2PError('CLIENT_ID_MISMATCH', `This socket is connected as "${session.clientId}"`);
      }
      sessions.upgrade(session, secret);
    } catch (error) {
      this.#expel(socket, toP2PError(error));
    }
  }

  /** Tells a client of an error, in the way of its kind. */
  tell(socket: RawServerSocket, error: P2PError): void {
    this.#options.listeners.tell(socket, error);
  }

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
    if (session) {
      sessions.end(session, error);
    } else if (socket.handshake.auth?.p2p) {
      new PluginPort(socket, sessions.writer).end(error);
    } else {
      sessions.writer.write(socket, sessions.writer.encodePlain(SERVER_ERROR, [error.toJSON()]));
    }
    socket.disconnect();
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

/** Recovery restores rooms; those of the library belong to the session that is over. */
function leaveReservedRooms(socket: RawServerSocket): void {
  for (const room of socket.rooms) {
    if (room.startsWith(RESERVED_ROOM_PREFIX)) void socket.leave(room);
  }
}
