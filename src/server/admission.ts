import { isThenable } from '../async/call-guarded.js';
import { type MaybeLater, whenDone } from '../async/later.js';
import { checkVersion, FRAMES_VERSION, readAnnouncement, readHandshake } from '../protocol/handshake.js';
import { RESERVED_ROOM_PREFIX } from '../protocol/identifiers.js';
import { P2PError, toP2PError, type WireError } from '../protocol/p2p-error.js';
import type { PacketOf } from '../protocol/packet.js';
import { Payload } from '../protocol/payload.js';
import type { Authentication } from './authentication.js';
import { rememberHello } from './client-kind.js';
import { isAlive } from './is-alive.js';
import { whenKeptOut } from './kept-out.js';
import { type RawServerSocket, recoverableId } from './raw-server.js';
import type { Session } from './session.js';
import type { SessionRequest } from './session-request.js';
import type { Sessions } from './sessions.js';
import type { SocketListeners } from './socket-listeners.js';

export interface AdmissionOptions {
  readonly sessions: Sessions;
  readonly listeners: SocketListeners;
  /** Whether a socket without a client id is refused or left alone (SC-5). */
  readonly clientIdRequired: boolean;
  /** Missing: clients name themselves. */
  readonly authentication: Authentication | undefined;
  /** Time for the holder of an id to show that it is alive, in ms. */
  readonly probeTimeout: number;
  /** A client has got in. */
  readonly admitted: (session: Session) => void;
}

/** Who may get in. */
interface Applicant {
  readonly request: SessionRequest;
  /** The holder of the id, which did not answer: it gives way when the applicant has passed all middleware. */
  readonly dead: Session | undefined;
}

/** Who gets in, and under which id (SC-1, SC-5, R-1). */
export class Admission {
  readonly #options: AdmissionOptions;
  /** What the middleware has found out, until the socket connects. */
  readonly #passed = new WeakMap<RawServerSocket, { readonly applicant: Applicant | undefined }>();

  /** Those that came in by themselves: others the application has added. */
  readonly #known = new WeakSet<RawServerSocket>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** As middleware: a refusal reaches the client as `connect_error` with the error in `data`. */
  readonly check = (socket: RawServerSocket, next: (error?: Error) => void): void => {
    whenDone(
      () => this.#prepare(socket),
      (applicant) => {
        this.#passed.set(socket, { applicant });
        next();
      },
      (error) => {
        const refusal = Payload.ofError(toP2PError(error)).args[0] as WireError;
        next(Object.assign(new Error(refusal.message), { data: refusal }));
      },
    );
  };

  /**
   * At the connection the id may be taken: another socket was quicker. And one that connection state recovery brought
   * back has passed no middleware, so it goes through everything now.
   */
  readonly admit = (socket: RawServerSocket): void => {
    // A handler before this one may have sent it away.
    if (!socket.connected) return;
    this.#options.listeners.guard(socket);
    const before = recoverableId(socket);
    if (socket.recovered) leaveReservedRooms(socket);
    const passed = this.#passed.get(socket);
    this.#passed.delete(socket);
    // What it sends before it is known who it is, is answered at least.
    if (!passed && typeof before === 'string') this.#options.listeners.attach(socket);
    whenDone(
      () => (passed ? passed.applicant : this.#prepare(socket)),
      (applicant) => applicant && this.#enter(applicant, before),
      (error) => this.#expel(socket, toP2PError(error)),
    );
  };

  /** @returns its new session, if it has none @throws P2PError `CLIENT_ID_IN_USE`, `INVALID_ARGUMENT` */
  register(request: SessionRequest): Session | undefined {
    const { sessions, listeners } = this.#options;
    const current = sessions.directory.ofSocket(request.socket.id);
    if (current?.clientId === request.clientId) return undefined;
    if (current) throw new P2PError('INVALID_ARGUMENT', `The socket is "${current.clientId}" already`);
    listeners.attach(request.socket);
    return sessions.begin(request);
  }

  /**
   * `hello`: the plugin was applied to a socket that had connected before, as a plain client. It speaks in packets from
   * now on, in a new session. A socket without a session gets none so: only a connect passes the application's middleware.
   */
  readonly hello = (socket: RawServerSocket, read: () => PacketOf<'hello'>): void => {
    rememberHello(socket);
    const { sessions, admitted } = this.#options;
    try {
      const { clientId, version, secret, frames } = read();
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
      const begun = sessions.begin({ socket, clientId, secret, frames: frames === FRAMES_VERSION });
      if (this.#known.has(socket)) admitted(begun);
    } catch (error) {
      this.#expel(socket, toP2PError(error));
    }
  };

  /** `before`: whose connection it was, where it was recovered. */
  #enter({ request, dead }: Applicant, before: unknown): void {
    const { socket } = request;
    if (!socket.connected) return;
    try {
      if (socket.recovered) checkRecovered(request, before);
      if (dead) this.#options.sessions.takeOver(dead, socket);
      const session = this.register(request);
      if (!session) return;
      this.#known.add(socket);
      this.#options.admitted(session);
    } catch (error) {
      this.#expel(socket, toP2PError(error));
    }
  }

  /** @returns nothing where the socket is to be left alone */
  #prepare(socket: RawServerSocket): MaybeLater<Applicant | undefined> {
    const { authentication, sessions } = this.#options;
    sessions.checkOpen();
    const { auth, query } = socket.handshake;
    const claimed = readHandshake(auth, query)?.clientId;
    const clientId = authentication ? authentication.clientIdOf(socket, claimed) : claimed;
    if (!isThenable(clientId)) return this.#reserve(this.#probeRival(this.#requestOf(socket, clientId)));
    return clientId.then((known) => this.#reserve(this.#probeRival(this.#requestOf(socket, known))));
  }

  #requestOf(socket: RawServerSocket, clientId: string | undefined): SessionRequest | undefined {
    if (clientId !== undefined) return requestFor(socket, clientId);
    if (!this.#options.clientIdRequired) return undefined;
    throw new P2PError('CLIENT_ID_REQUIRED', 'Connect with a client id, as auth.clientId or query.clientId');
  }

  /** In a cluster the id is taken from all others before the client gets in. */
  #reserve(found: MaybeLater<Applicant | undefined>): MaybeLater<Applicant | undefined> {
    if (isThenable(found)) return found.then((applicant) => this.#reserve(applicant));
    const { cluster } = this.#options.sessions;
    if (!found || !cluster) return found;
    return cluster.reserve(found.request).then((request) => {
      whenKeptOut(request.socket, () => cluster.giveBack(request));
      return { ...found, request };
    });
  }

  /** Where another holds the id, it is asked whether it is there at all: its connection may be half-open. */
  #probeRival(request: SessionRequest | undefined): MaybeLater<Applicant | undefined> {
    const { sessions, probeTimeout } = this.#options;
    const rival = request && sessions.ids.rivalOf(request);
    if (!request || !rival) return request && { request, dead: undefined };
    const probed = rival.socket ? isAlive(rival.socket.conn, probeTimeout) : rival.remote?.isAlive();
    return (probed ?? Promise.resolve(true)).then((alive) => {
      if (!alive) return { request: { ...request, replacing: rival }, dead: rival };
      sessions.ids.checkFree(request);
      return { request, dead: undefined };
    });
  }

  /** A typed refusal after the connect: told in the client's own way, then disconnected from this namespace. */
  #expel(socket: RawServerSocket, error: P2PError): void {
    this.#options.sessions.dismiss(socket, error);
    // The application's own connection handlers come first: they see it connect, and then disconnect.
    process.nextTick(() => socket.disconnect());
  }
}

/** The session that a socket may have under this id: of a plugin client if it announced itself. */
export function requestFor(socket: RawServerSocket, clientId: string): SessionRequest {
  const announced = (socket.handshake.auth as Record<string, unknown> | undefined)?.p2p;
  const { secret, frames = false } = announced === undefined ? {} : readAnnouncement(announced);
  return { socket, clientId, secret, frames };
}

/** Recovery restores rooms. The library's belong to the session that is over. */
function leaveReservedRooms(socket: RawServerSocket): void {
  for (const room of socket.rooms) {
    if (room.startsWith(RESERVED_ROOM_PREFIX)) void socket.leave(room);
  }
}

/**
 * Recovery skips the middleware that decided who this is. So who names itself must be who it was.
 * @throws P2PError `CLIENT_ID_MISMATCH`, `SESSION_REMOVED`
 */
function checkRecovered({ clientId }: SessionRequest, before: unknown): void {
  if (before === clientId) return;
  if (before === null) throw new P2PError('SESSION_REMOVED', 'The server has removed this client');
  throw new P2PError('CLIENT_ID_MISMATCH', 'This connection was recovered, and was not that of this client');
}
