import { P2PError } from '../protocol/p2p-error.js';
import { ClientIds, isSameInstance } from './client-ids.js';
import { tellEnd } from './client-kind.js';
import type { Claims } from './cluster/claims.js';
import { Cluster } from './cluster/cluster.js';
import type { NodeTransport } from './cluster/node-transport.js';
import { Conduct } from './conduct.js';
import { ConnectionQueue } from './connection-queue.js';
import type { Diagnostics } from './diagnostics.js';
import { Directory } from './directory.js';
import { EventWriter } from './event-writer.js';
import { cutOff, hangUp } from './hang-up.js';
import { replaced, reserved } from './id-errors.js';
import { Intake } from './intake.js';
import { Interest } from './interest.js';
import type { Permission } from './permission.js';
import { PermissionGate } from './permission-gate.js';
import type { RawNamespace, RawServerSocket } from './raw-server.js';
import { Router } from './router.js';
import type { ServerLimits } from './server-limits.js';
import { Session, UNLISTED } from './session.js';
import type { SessionPort } from './session-port.js';
import { SessionPorts } from './session-ports.js';
import type { SessionRequest } from './session-request.js';
import { SlowConsumer, type SlowConsumerOptions, type SlowConsumerPolicy } from './slow-consumer.js';
import { StreamRelays } from './stream-relays.js';
import { TopicRelays } from './topic-relays.js';
import { Usage } from './usage.js';
import type { RouterContext } from './verb.js';

export interface SessionsOptions {
  readonly namespace: RawNamespace;
  /** Client ids that only the server may use. */
  readonly reservedIds: ReadonlySet<string>;
  /** Which events a plain client may be sent by others. */
  readonly plainEvents: (event: string) => boolean;
  readonly logError: (message: string, error: unknown) => void;
  readonly limits: ServerLimits;
  readonly diagnostics: Diagnostics;
  /** Missing: everything is permitted. */
  readonly permission: Permission | undefined;
  /** What becomes of the holder of an id that another client wants. */
  readonly duplicates: 'reject' | 'takeover';
  readonly slowConsumer: SlowConsumerPolicy;
}

/** Begins and ends the sessions of one namespace: one holder for each client id, at any time. */
export class Sessions {
  readonly directory = new Directory();
  readonly ids: ClientIds;
  readonly interest = new Interest();
  readonly streams: StreamRelays;
  readonly topics: TopicRelays;
  readonly router: Router;
  readonly writer: EventWriter;
  readonly conduct: Conduct;
  readonly intake: Intake;
  readonly #ports: SessionPorts;
  readonly #options: SessionsOptions;
  readonly #slowConsumers: SlowConsumerOptions<Session>;
  #lastEpoch = 0;
  /** Why nobody gets in any more. */
  #closed: P2PError | undefined;
  #cluster: Cluster | undefined;

  constructor(options: SessionsOptions) {
    const { namespace, logError, limits, diagnostics, permission, plainEvents } = options;
    this.#options = options;
    this.ids = new ClientIds({ ...options, directory: this.directory });
    this.writer = new EventWriter(namespace);
    this.conduct = new Conduct({
      limits,
      diagnostics,
      clientIdOf: (socket) => this.directory.ofSocket(socket.id)?.clientId,
      // The whole connection: who breaks the rules of one namespace is not to go on in it by connecting again.
      close: (socket, reason) => {
        this.dismiss(socket, reason);
        hangUp(socket);
      },
    });
    const { directory, interest, conduct } = this;
    const failed = ({ socket }: Session, error: P2PError) => socket && conduct.note(socket, error);
    this.streams = new StreamRelays(interest, failed);
    this.topics = new TopicRelays({ interest, logError });
    const { streams, topics } = this;
    const spread: RouterContext['spread'] = (...said) => this.#cluster?.spread(...said);
    const context = { namespace, directory, interest, streams, topics, permission, spread, failed, logError };
    this.router = new Router(context);
    const { router, writer } = this;
    const gate = permission && new PermissionGate({ router, permission, limits, logError });
    this.intake = new Intake({ directory, streams, conduct, router, writer, gate });
    this.#slowConsumers = {
      policy: options.slowConsumer,
      limit: limits.maxQueuedBytes,
      slow: ({ clientId, socket }, queuedBytes) =>
        diagnostics.report('session.slow', { clientId, socketId: socket?.id, queuedBytes }),
      close: (session, reason) => this.#closeSlow(session, reason),
    };
    this.#ports = new SessionPorts({ intake: this.intake, directory, conduct, gate, writer, plainEvents });
  }

  /** Nobody gets in any more, for this reason. */
  closeTo(reason: P2PError): void {
    this.#closed = reason;
  }

  /** @throws P2PError `NODE_UNAVAILABLE` */
  checkOpen(): void {
    if (this.#closed) throw this.#closed;
  }

  /** Missing: this server is alone. */
  get cluster(): Cluster | undefined {
    return this.#cluster;
  }

  /** From now on this server is one of several: before there are any sessions. */
  join(transport: NodeTransport, claims: Claims | undefined): Cluster {
    const { limits, logError, duplicates } = this.#options;
    this.#cluster = new Cluster({
      host: this,
      transport,
      claims,
      duplicates,
      probeTimeout: limits.probeTimeout,
      logError,
    });
    this.directory.join(this.#cluster, this.#cluster.clients);
    return this.#cluster;
  }

  /** A session of the server's own, which has no socket. */
  host(clientId: string, port: SessionPort, hosted = UNLISTED): Session {
    const holder = this.directory.local(clientId);
    if (holder?.socket && !hosted.isShared) this.expel(holder, reserved(clientId));
    const epoch = this.#nextEpoch();
    const session = new Session({
      clientId,
      epoch,
      socket: undefined,
      secret: undefined,
      hosted,
      usage: new Usage(undefined),
    });
    session.attach(port);
    this.#add(session);
    return session;
  }

  /** @throws P2PError `CLIENT_ID_IN_USE`, `CLIENT_ID_RESERVED` */
  begin(request: SessionRequest): Session {
    this.checkOpen();
    this.ids.checkFree(request);
    const replaces = this.#replaceHolder(request);
    const { socket, clientId, secret } = request;
    const session = new Session({
      clientId,
      socket,
      secret,
      epoch: request.epoch ?? this.#nextEpoch(),
      replaces,
      usage: new Usage(this.#options.limits),
    });
    session.attach(this.#ports.create(session, request), this.#slowConsumer(session, socket));
    this.#add(session);
    if (secret !== undefined) this.welcome(session);
    return session;
  }

  welcome(session: Session): void {
    const { clientId, epoch } = session;
    const maxPayload = Math.min(this.writer.maxPacket, this.#options.limits.maxPacketBytes);
    const lane = session.port?.lane?.number ?? 0;
    session.deliver({ type: 'welcome', clientId, epoch, maxPayload, lane });
  }

  /** The server takes a client out: not even a recovered connection brings it back. */
  remove(session: Session): void {
    if (session.remote) session.remote.remove();
    else this.end(session, new P2PError('SESSION_REMOVED', 'The server has removed this client'));
  }

  /** Frees everything that the session owned, and tells those concerned. */
  end(session: Session, reason?: P2PError): void {
    if (session.ended) return;
    this.directory.remove(session);
    session.end(reason);
    if (session.socket) ConnectionQueue.of(session.socket.conn).countNoLonger(session.inflow);
    // In this order: the edges tell of the streams and subscriptions.
    this.interest.ended(session, this.directory.get(session.clientId) !== undefined);
    this.streams.ended(session);
    this.topics.ended(session);
  }

  /** Another client gets the id. */
  takeOver(holder: Session, by: RawServerSocket): void {
    if (holder.ended || holder.remote) return;
    this.#options.diagnostics.report('session.takeover', { clientId: holder.clientId, socketId: by.id });
    this.expel(holder, replaced(holder.clientId));
  }

  /** Ends it, tells why, and disconnects. */
  expel(session: Session, reason: P2PError): void {
    if (session.ended) return;
    if (session.remote) return session.remote.expel(reason);
    this.end(session, reason);
    session.socket?.disconnect();
  }

  /** Tells a socket that it will not be served; the session that it may have is over. */
  dismiss(socket: RawServerSocket, reason: P2PError): void {
    const session = this.directory.ofSocket(socket.id);
    if (session) this.end(session);
    tellEnd(this.writer, socket, reason);
  }

  #add(session: Session): void {
    this.directory.add(session);
    if (!session.isShared) this.interest.began(session);
  }

  /** @returns the epoch of the session that is replaced, where it is at another server, which is told by that */
  #replaceHolder({ socket, clientId, secret }: SessionRequest): number | undefined {
    const holder = this.directory.holder(clientId);
    if (holder?.remote) {
      this.end(holder, replaced(clientId));
      return holder.epoch;
    }
    if (!holder?.socket) return undefined;
    if (holder.socket === socket) this.end(holder, replaced(clientId));
    else if (isSameInstance(holder, secret)) this.expel(holder, replaced(clientId));
    else this.takeOver(holder, socket);
    return undefined;
  }

  /** Greater than all before; in a cluster unlike those of other servers too. */
  #nextEpoch(): number {
    return this.#cluster?.nextEpoch() ?? ++this.#lastEpoch;
  }

  #slowConsumer(session: Session, socket: RawServerSocket): SlowConsumer<Session> {
    const queue = ConnectionQueue.of(socket.conn);
    // That of a plain client is not on the connection, but with its engine.
    if (session.secret !== undefined) queue.countApart(session.inflow);
    return new SlowConsumer(session, queue, this.#slowConsumers);
  }

  #closeSlow({ ended, socket }: Session, reason: P2PError): void {
    if (ended || !socket) return;
    this.dismiss(socket, reason);
    cutOff(socket.conn);
  }
}
