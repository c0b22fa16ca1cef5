import type { RemoteClient, RemoteClients } from './cluster/remote-clients.js';
import type { Session } from './session.js';

/** Hears which sessions of this server there are. */
export interface DirectoryWatcher {
  began(session: Session): void;
  ended(session: Session): void;
  offers(session: Session): void;
}

/** Who is here: the one place that knows which session holds which client id (SC-1, SC-2). */
export class Directory {
  readonly #byClientId = new Map<string, Session>();
  readonly #bySocketId = new Map<string, Session>();
  /** Services of the server that leave their id to a client (SV-3). */
  readonly #shared = new Map<string, Session>();
  readonly #offering = new Set<Session>();
  #watcher: DirectoryWatcher | undefined;
  #remote: RemoteClients | undefined;

  /** Those that are connected: not the server's own. */
  get connectedIds(): string[] {
    const ids = Array.from(this.#bySocketId.values(), ({ clientId }) => clientId);
    return withRemote(ids, this.#remote?.clients);
  }

  /** All that clients may know of: services of the server are clients to them (SV-2). */
  get clientIds(): string[] {
    const ids = this.#idsOf(({ isListed }) => isListed);
    return withRemote(ids, this.#remote?.listed);
  }

  /** Services of clients and of the server. */
  get serviceIds(): string[] {
    const ids = this.#idsOf(({ isService }) => isService);
    return withRemote(ids, this.#remote?.services);
  }

  /** From now on it knows of the clients of other servers too, and these of its own. */
  join(watcher: DirectoryWatcher, remote: RemoteClients): void {
    this.#watcher = watcher;
    this.#remote = remote;
  }

  /** How many clients of this server are services. */
  get offeringCount(): number {
    return this.#offering.size;
  }

  /** All of this server, its own too. */
  get sessions(): readonly Session[] {
    return [...this.#byClientId.values(), ...this.#shared.values()];
  }

  /** A client is a service from now on. */
  offers(session: Session): void {
    session.isService = true;
    this.#offering.add(session);
    this.#watcher?.offers(session);
  }

  /** The one at this server who has the id: not a service that leaves it to a client. */
  local(clientId: string): Session | undefined {
    return this.#byClientId.get(clientId);
  }

  /** The one who has the id: not a service that leaves it to a client. */
  holder(clientId: string): Session | undefined {
    return this.#byClientId.get(clientId) ?? this.#remote?.client(clientId);
  }

  get(clientId: string): Session | undefined {
    return this.#byClientId.get(clientId) ?? this.#anywhere(clientId);
  }

  /** All that answer under this id: a client, and a service of the server that shares its id. */
  all(clientId: string): Session[] {
    const here = [this.holder(clientId), this.#shared.get(clientId)].filter((session) => session !== undefined);
    if (here.length > 0) return here;
    const elsewhere = this.#remote?.service(clientId);
    return elsewhere ? [elsewhere] : [];
  }

  /** The service of the server that leaves this id to a client too. */
  shared(clientId: string): Session | undefined {
    return this.#shared.get(clientId);
  }

  /** That session, and no other. */
  at(clientId: string, epoch: number): Session | undefined {
    const session = this.#byClientId.get(clientId);
    if (session?.epoch === epoch) return session;
    const shared = this.#shared.get(clientId);
    return shared?.epoch === epoch ? shared : this.#remote?.at(clientId, epoch);
  }

  ofSocket(socketId: string): Session | undefined {
    return this.#bySocketId.get(socketId);
  }

  add(session: Session): void {
    const byId = session.isShared ? this.#shared : this.#byClientId;
    byId.set(session.clientId, session);
    if (session.socket) this.#bySocketId.set(session.socket.id, session);
    this.#watcher?.began(session);
  }

  remove(session: Session): void {
    if (session.remote) return session.remote.forget();
    const byId = session.isShared ? this.#shared : this.#byClientId;
    byId.delete(session.clientId);
    this.#offering.delete(session);
    if (session.socket) this.#bySocketId.delete(session.socket.id);
    this.#watcher?.ended(session);
  }

  /** Client id → socket id, for reading; without prototype, so that no name in it means anything. */
  snapshot(): Record<string, string> {
    const map: Record<string, string> = Object.create(null);
    for (const { clientId, socketId } of this.#remote?.clients ?? []) map[clientId] = socketId as string;
    for (const [socketId, { clientId }] of this.#bySocketId) map[clientId] = socketId;
    return map;
  }

  /** Not a client of this server. */
  #anywhere(clientId: string): Session | undefined {
    return this.#remote?.client(clientId) ?? this.#shared.get(clientId) ?? this.#remote?.service(clientId);
  }

  /** Each once, though two sessions may share it. */
  #idsOf(isMeant: (session: Session) => boolean): string[] {
    const ids: string[] = [];
    for (const session of this.#byClientId.values()) if (isMeant(session)) ids.push(session.clientId);
    for (const { clientId } of this.#shared.values()) {
      const client = this.#byClientId.get(clientId);
      if (!client || !isMeant(client)) ids.push(clientId);
    }
    return ids;
  }
}

/** With those of other servers, each once. */
function withRemote(ids: string[], others: readonly RemoteClient[] | undefined): string[] {
  return others ? [...new Set([...ids, ...others.map(({ clientId }) => clientId)])] : ids;
}
