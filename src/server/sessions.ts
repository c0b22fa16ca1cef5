import { P2PError } from '../protocol/p2p-error.js';
import { Directory } from './directory.js';
import { Interest } from './interest.js';
import { PlainPort } from './plain-port.js';
import { PluginPort } from './plugin-port.js';
import { FrameWriter, type RawNamespace, type RawServerSocket } from './raw-server.js';
import { Router } from './router.js';
import { Session } from './session.js';

export interface SessionsOptions {
  readonly namespace: RawNamespace;
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
  readonly router: Router;
  readonly writer: FrameWriter;
  readonly #options: SessionsOptions;
  #lastEpoch = 0;

  constructor(options: SessionsOptions) {
    const { namespace, logError } = options;
    this.#options = options;
    this.writer = new FrameWriter(namespace);
    this.router = new Router({ namespace, directory: this.directory, interest: this.interest, logError });
  }

  /** @throws P2PError `CLIENT_ID_IN_USE` when another client holds the id */
  checkFree({ socket, clientId, secret }: SessionRequest): void {
    const holder = this.directory.get(clientId);
    if (!holder || holder.socket === socket || isSameInstance(holder, secret)) return;
    throw new P2PError('CLIENT_ID_IN_USE', `Another client is connected as "${clientId}"`, { details: { clientId } });
  }

  /** @throws P2PError `CLIENT_ID_IN_USE` */
  begin(request: SessionRequest): Session {
    this.checkFree(request);
    this.#replaceHolder(request);
    const { socket, clientId, secret } = request;
    const session = new Session({ clientId, socket, secret, epoch: ++this.#lastEpoch });
    session.attach(secret === undefined ? this.#plainPort(session) : new PluginPort(socket, this.writer));
    this.directory.add(session);
    this.interest.began(session);
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
    this.interest.ended(session);
  }

  #replaceHolder({ socket, clientId }: SessionRequest): void {
    const holder = this.directory.get(clientId);
    if (!holder) return;
    this.end(holder, new P2PError('SESSION_REPLACED', `A newer session of "${clientId}" has begun`));
    if (holder.socket !== socket) holder.socket.disconnect();
  }

  #plainPort(session: Session): PlainPort {
    return new PlainPort({
      socket: session.socket,
      writer: this.writer,
      allows: this.#options.plainEvents,
      toRouter: (packet) => this.router.handle(session, packet),
    });
  }
}

/** CC-2: the same plugin instance may replace its own old session. */
function isSameInstance(holder: Session, secret: string | undefined): boolean {
  return holder.secret !== undefined && holder.secret === secret;
}
