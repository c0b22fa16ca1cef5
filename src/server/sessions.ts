import { P2PError } from '../protocol/p2p-error.js';
import { Directory } from './directory.js';
import { Interest } from './interest.js';
import { PlainPort } from './plain-port.js';
import { PluginPort } from './plugin-port.js';
import { FrameWriter, type RawNamespace, type RawServerSocket } from './raw-server.js';
import { Router } from './router.js';
import { Session, UNLISTED } from './session.js';
import type { SessionPort } from './session-port.js';
import { StreamRelays } from './stream-relays.js';
import { TopicRelays } from './topic-relays.js';

export interface SessionsOptions {
  readonly namespace: RawNamespace;
  /** Client ids that only the server may use. */
  readonly reservedIds: ReadonlySet<string>;
  /** Which events a plain client may be sent by others. */
  readonly plainEvents: (event: string) => boolean;
  readonly logError: (message: string, error: unknown) => void;
}

export interface SessionRequest {
  readonly socket: RawServerSocket;
  readonly clientId: string;
  /** Missing: a plain client. */
  readonly secret: string | undefined;
}

/** Begins and ends the sessions of one namespace: one holder for each client id, at any time. */
export class Sessions {
  readonly directory = new Directory();
  readonly interest = new Interest();
  readonly streams = new StreamRelays(this.interest);
  readonly topics: TopicRelays;
  readonly router: Router;
  readonly writer: FrameWriter;
  readonly #options: SessionsOptions;
  #lastEpoch = 0;

  constructor(options: SessionsOptions) {
    const { namespace, logError } = options;
    this.#options = options;
    this.writer = new FrameWriter(namespace);
    const { directory, interest, streams, writer } = this;
    this.topics = new TopicRelays({ interest, writer, logError });
    this.router = new Router({ namespace, directory, interest, streams, topics: this.topics, logError });
  }

  /** @throws P2PError `CLIENT_ID_IN_USE` when another client holds the id, `CLIENT_ID_RESERVED` when the server does */
  checkFree({ socket, clientId, secret }: SessionRequest): void {
    const holder = this.directory.get(clientId);
    const isHosted = holder !== undefined && holder.socket === undefined && !holder.isShared;
    if (isHosted || this.#options.reservedIds.has(clientId)) throw reserved(clientId);
    if (!holder?.socket || holder.socket === socket || isSameInstance(holder, secret)) return;
    throw new P2PError('CLIENT_ID_IN_USE', `Another client is connected as "${clientId}"`, { details: { clientId } });
  }

  /** A session of the server's own, which has no socket. */
  host(clientId: string, port: SessionPort, hosted = UNLISTED): Session {
    const holder = this.directory.all(clientId).find(({ socket }) => socket);
    if (holder && !hosted.isShared) this.#expel(holder, reserved(clientId));
    const session = new Session({ clientId, socket: undefined, secret: undefined, epoch: ++this.#lastEpoch, hosted });
    session.attach(port);
    this.#add(session);
    return session;
  }

  /** @throws P2PError `CLIENT_ID_IN_USE`, `CLIENT_ID_RESERVED` */
  begin(request: SessionRequest): Session {
    this.checkFree(request);
    this.#replaceHolder(request);
    const { socket, clientId, secret } = request;
    const session = new Session({ clientId, socket, secret, epoch: ++this.#lastEpoch });
    session.attach(secret === undefined ? this.#plainPort(session, socket) : new PluginPort(socket, this.writer));
    this.#add(session);
    if (secret !== undefined) this.welcome(session);
    return session;
  }

  welcome(session: Session): void {
    const { clientId, epoch } = session;
    session.deliver({ type: 'welcome', clientId, epoch, maxPayload: this.writer.maxPacket });
  }

  /** The server takes a client out: not even a recovered connection brings it back. */
  remove(session: Session): void {
    this.end(session, new P2PError('SESSION_REMOVED', 'The server has removed this client'));
  }

  /** Frees everything that the session owned, and tells those concerned. */
  end(session: Session, reason?: P2PError): void {
    if (session.ended) return;
    this.directory.remove(session);
    session.end(reason);
    // In this order: the edges tell of the streams and subscriptions.
    this.interest.ended(session, this.directory.get(session.clientId) !== undefined);
    this.streams.ended(session);
    this.topics.ended(session);
  }

  #add(session: Session): void {
    this.directory.add(session);
    if (!session.isShared) this.interest.began(session);
  }

  #replaceHolder({ socket, clientId }: SessionRequest): void {
    const holder = this.directory.get(clientId);
    if (!holder?.socket) return;
    const reason = new P2PError('SESSION_REPLACED', `A newer session of "${clientId}" has begun`);
    if (holder.socket === socket) this.end(holder, reason);
    else this.#expel(holder, reason);
  }

  #expel(holder: Session, reason: P2PError): void {
    this.end(holder, reason);
    holder.socket?.disconnect();
  }

  #plainPort(session: Session, socket: RawServerSocket): PlainPort {
    return new PlainPort({
      clientId: session.clientId,
      socket,
      writer: this.writer,
      allows: this.#options.plainEvents,
      toRouter: (packet) => this.router.handle(session, packet),
    });
  }
}

function reserved(clientId: string): P2PError {
  return new P2PError('CLIENT_ID_RESERVED', `"${clientId}" is kept for the server`, { details: { clientId } });
}

/** CC-2: the same plugin instance may replace its own old session. */
function isSameInstance(holder: Session, secret: string | undefined): boolean {
  return holder.secret !== undefined && holder.secret === secret;
}
