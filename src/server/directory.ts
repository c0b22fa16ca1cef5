import type { Session } from './session.js';

/** Who is here: the one place that knows which session holds which client id (SC-1, SC-2). */
export class Directory {
  readonly #byClientId = new Map<string, Session>();
  readonly #bySocketId = new Map<string, Session>();
  /** Services of the server that leave their id to a client (SV-3). */
  readonly #shared = new Map<string, Session>();
  readonly #offering = new Set<Session>();

  /** Those that are connected: not the server's own. */
  get connectedIds(): string[] {
    return Array.from(this.#bySocketId.values(), ({ clientId }) => clientId);
  }

  /** All that clients may know of: services of the server are clients to them (SV-2). */
  get clientIds(): string[] {
    return this.#idsOf(({ isListed }) => isListed);
  }

  /** Services of clients and of the server. */
  get serviceIds(): string[] {
    return this.#idsOf(({ isService }) => isService);
  }

  /** How many clients are services. */
  get offeringCount(): number {
    return this.#offering.size;
  }

  /** All, those of the server too. */
  get sessions(): readonly Session[] {
    return [...this.#byClientId.values(), ...this.#shared.values()];
  }

  /** A client is a service from now on. */
  offers(session: Session): void {
    session.isService = true;
    this.#offering.add(session);
  }

  /** The one who has the id: not a service that leaves it to a client. */
  holder(clientId: string): Session | undefined {
    return this.#byClientId.get(clientId);
  }

  get(clientId: string): Session | undefined {
    return this.#byClientId.get(clientId) ?? this.#shared.get(clientId);
  }

  /** All that answer under this id: a client, and a service of the server that shares its id. */
  all(clientId: string): Session[] {
    return [this.#byClientId.get(clientId), this.#shared.get(clientId)].filter((session) => session !== undefined);
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
    return shared?.epoch === epoch ? shared : undefined;
  }

  ofSocket(socketId: string): Session | undefined {
    return this.#bySocketId.get(socketId);
  }

  add(session: Session): void {
    const byId = session.isShared ? this.#shared : this.#byClientId;
    byId.set(session.clientId, session);
    if (session.socket) this.#bySocketId.set(session.socket.id, session);
  }

  remove(session: Session): void {
    const byId = session.isShared ? this.#shared : this.#byClientId;
    byId.delete(session.clientId);
    this.#offering.delete(session);
    if (session.socket) this.#bySocketId.delete(session.socket.id);
  }

  /** Client id → socket id, for reading; without prototype, so that no name in it means anything. */
  snapshot(): Record<string, string> {
    const map: Record<string, string> = Object.create(null);
    for (const [socketId, { clientId }] of this.#bySocketId) map[clientId] = socketId;
    return map;
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
