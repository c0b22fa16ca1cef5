import { P2PError, readWireError } from '../../protocol/p2p-error.js';
import type { ClientPacket, PacketOf } from '../../protocol/packet.js';
import type { DirectoryWatcher } from '../directory.js';
import { inUse, replaced } from '../id-errors.js';
import { isAlive } from '../is-alive.js';
import type { Session } from '../session.js';
import type { SessionRequest } from '../session-request.js';
import { type Claims, LEASE } from './claims.js';
import type { ClusterHost } from './cluster-host.js';
import { Epochs } from './epochs.js';
import { IdClaims } from './id-claims.js';
import { whyNot } from './id-conflict.js';
import { LocalSessions } from './local-sessions.js';
import { Membership } from './membership.js';
import { SECTIONS } from './node-frame.js';
import { takeTo } from './node-intake.js';
import type { NodeLink } from './node-link.js';
import { type NodeNote, readNote } from './node-notes.js';
import type { NodeTransport } from './node-transport.js';
import { type RemoteClient, RemoteClients } from './remote-clients.js';
import { RemoteNode } from './remote-node.js';
import { represent } from './represent.js';

export interface ClusterOptions {
  readonly host: ClusterHost;
  readonly transport: NodeTransport;
  /** Missing: who comes first keeps an id, as soon as servers have heard of each other's clients. */
  readonly claims: Claims | undefined;
  /** What becomes of the holder of an id that another client wants. */
  readonly duplicates: 'reject' | 'takeover';
  /** Time for the holder of an id to show that it is alive, in ms. */
  readonly probeTimeout: number;
  readonly logError: (message: string, error: unknown) => void;
}

/**
 * Joins servers: clients of all of them find each other. Each server tells the others who is connected to it, and runs its
 * router for clients of the others as for its own.
 */
export class Cluster implements DirectoryWatcher {
  readonly clients: RemoteClients = new RemoteClients((client) => {
    return represent(client, { host: this.#options.host, forget: () => this.clients.remove(client) });
  });
  readonly #options: ClusterOptions;
  readonly #local = new LocalSessions();
  readonly #epochs = new Epochs();
  readonly #membership: Membership<RemoteNode>;
  readonly #claims: IdClaims | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.#membership = new Membership<RemoteNode>({
      transport: options.transport,
      met: (id, link) => this.#met(id, link),
      lost: (node) => this.#lost(node),
      received: (node, kind, body) => this.#received(node, kind, body),
      frozen: (formerId) => this.#frozen(formerId),
      beat: () => this.#claims?.renew(),
    });
    const { claims, logError } = options;
    this.#claims =
      claims &&
      new IdClaims({
        claims,
        self: () => this.#membership.id,
        sessions: () => this.#local.clients,
        isTakenOver: options.duplicates === 'takeover',
        lost: (session) => options.host.expel(session, this.#lossOf(session)),
        logError,
      });
    this.#membership.start();
    this.#claims?.sweep();
  }

  /** How many other servers there are. */
  get otherNodes(): number {
    return this.#membership.nodes.length;
  }

  /** A session of this server has begun. */
  began(session: Session): void {
    if (session.socket) this.#claims?.began(session);
    this.#tell({ note: 'joined', ...this.#local.add(session) });
  }

  ended(session: Session): void {
    if (session.socket) this.#claims?.ended(session);
    const number = this.#local.remove(session);
    if (number !== undefined) this.#tell({ note: 'left', number });
  }

  offers(session: Session): void {
    const number = this.#local.numberOf(session);
    if (number !== undefined) this.#tell({ note: 'offers', number });
  }

  /** Greater than all before, and unlike those of other servers. */
  nextEpoch(): number {
    return this.#epochs.next();
  }

  /**
   * Takes the id for who is about to get in, where the servers keep ids in one place.
   * @returns the request, with what was decided @throws P2PError `CLIENT_ID_IN_USE`, `NODE_UNAVAILABLE`
   */
  async reserve(request: SessionRequest): Promise<SessionRequest> {
    if (!this.#claims) return request;
    // It may have got another holder while the last one was looked for.
    this.#options.host.ids.checkFree(request);
    const epoch = this.nextEpoch();
    const { clientId } = request;
    await this.#claims.take(clientId, epoch, this.#options.host.directory.holder(clientId));
    return { ...request, epoch };
  }

  /** Who had reserved an id has not got in after all; nothing happens where it has. */
  giveBack({ clientId, epoch }: SessionRequest): void {
    if (epoch !== undefined) this.#claims?.giveBack(clientId, epoch);
  }

  /** What goes to whoever is concerned, at any of the others. */
  spread(sender: Session, packet: PacketOf<'room-message'>): void {
    let problem: unknown;
    for (const node of this.#membership.nodes) {
      try {
        node.checkRoom();
        node.sendFrom(sender, packet);
      } catch (error) {
        problem = error;
      }
    }
    if (problem) throw problem;
  }

  /** The others forget this server at once. */
  close(): void {
    this.#membership.close();
    this.#claims?.leave(this.#membership.id);
  }

  #tell(note: NodeNote): void {
    for (const node of this.#membership.nodes) node.note(note);
  }

  #met(id: string, link: NodeLink): RemoteNode {
    const { directory } = this.#options.host;
    const node = new RemoteNode({
      id,
      link,
      numberOf: (session) => this.#local.numberOf(session),
      serviceOf: (clientId, epoch) => directory.at(clientId, epoch),
    });
    for (const note of this.#local.notes) node.note({ note: 'joined', ...note });
    return node;
  }

  #lost(node: RemoteNode): void {
    for (const client of this.clients.of(node)) this.#forget(client);
    // Once the lease has run out; one server is enough for it.
    const ids = [this.#membership.id, ...this.#membership.nodes.map(({ id }) => id)];
    if (ids.toSorted()[0] === this.#membership.id) setTimeout(() => this.#claims?.sweep(), LEASE).unref();
  }

  #frozen(formerId: string): void {
    this.#claims?.leave(formerId);
    const message = 'This server did not run for a while, and the others of its cluster have lost it';
    for (const session of this.#local.clients) {
      this.#options.host.expel(session, new P2PError('NODE_UNAVAILABLE', message));
    }
  }

  #received(node: RemoteNode, kind: number, body: Buffer): void {
    const { host, logError } = this.#options;
    try {
      if (kind === SECTIONS.note) return this.#take(node, readNote(body));
      const number = body.readUInt32LE(0);
      const frame = body.subarray(4);
      const sender = kind === SECTIONS.from ? this.clients.numbered(node, number) : undefined;
      const target = kind === SECTIONS.to ? this.#local.at(number) : undefined;
      node.read(frame, (packet) => {
        if (sender) host.router.handle(this.clients.session(sender), packet as ClientPacket);
        if (target) takeTo(host, { node, target, packet });
      });
    } catch (error) {
      logError('what another server said could not be handled', error);
    }
  }

  #take(node: RemoteNode, note: NodeNote): void {
    switch (note.note) {
      case 'joined':
        return this.#joined({ ...note, node, session: undefined });
      case 'left': {
        const client = this.clients.numbered(node, note.number);
        return client && this.#forget(client);
      }
      case 'offers': {
        const client = this.clients.numbered(node, note.number);
        if (client) this.clients.session(client).isService = client.isService = true;
        return;
      }
      case 'probe':
        return this.#probe(node, note.id, this.#local.at(note.number));
      case 'probed':
        return node.probed(note.id, note.isAlive);
      case 'expel':
        return this.#end(note, (session) => this.#options.host.expel(session, readWireError(note.error)));
      case 'remove':
        return this.#end(note, (session) => this.#options.host.remove(session));
    }
  }

  #joined(client: RemoteClient): void {
    const { host } = this.#options;
    const known = this.clients.find(client.clientId);
    if (known && known.epoch === client.replaces) this.#forget(known);
    this.#settle(client);
    this.clients.add(client);
    if (host.interest.isAwaited(client.clientId)) host.interest.began(this.clients.session(client));
  }

  /** Where a client of this server has the same id, one of them has to go. */
  #settle(client: RemoteClient): void {
    const { host } = this.#options;
    const local = host.directory.local(client.clientId);
    if (!local?.socket) return;
    const reason = whyNot(local, client);
    const isAgreed = reason && (reason.code !== 'CLIENT_ID_IN_USE' || !this.#claims);
    // Who came first is nothing where it is written down who has it.
    if (isAgreed) host.expel(local, reason);
    else this.#claims?.verify(local);
  }

  /** Why a session has to end whose id another has got. */
  #lossOf({ clientId }: Session): P2PError {
    return this.#options.duplicates === 'takeover' ? replaced(clientId) : inUse(clientId);
  }

  /** It has gone, with its server or from it. */
  #forget(client: RemoteClient): void {
    if (client.session) this.#options.host.end(client.session);
    this.clients.remove(client);
  }

  #probe(node: RemoteNode, id: number, session: Session | undefined): void {
    const tell = (isThere: boolean) => node.note({ note: 'probed', id, isAlive: isThere });
    if (!session?.socket) return tell(session !== undefined);
    const { probeTimeout, logError } = this.#options;
    isAlive(session.socket.conn, probeTimeout).then(tell, (error) => logError('a client could not be probed', error));
  }

  #end({ number }: { readonly number: number }, end: (session: Session) => void): void {
    const session = this.#local.at(number);
    if (session) end(session);
  }
}
