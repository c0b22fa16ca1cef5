import type { Session } from '../session.js';
import type { SessionNote } from './node-notes.js';
import type { RemoteNode } from './remote-node.js';

/** A session of another server. */
export interface RemoteClient extends SessionNote {
  readonly node: RemoteNode;
  isService: boolean;
  /** What stands for it here, once somebody has to do with it. */
  session: Session | undefined;
}

/** Who is connected to the other servers: kept up by what they tell, so that nobody has to ask. */
export class RemoteClients {
  readonly #byNode = new Map<RemoteNode, Map<number, RemoteClient>>();
  /** All, those of servers that are not listed too. */
  readonly #all = new RemoteIds();
  readonly #clients = new RemoteIds();
  readonly #services = new RemoteIds();
  readonly #sessionOf: (client: RemoteClient) => Session;

  /** `sessionOf` makes what stands for one here. */
  constructor(sessionOf: (client: RemoteClient) => Session) {
    this.#sessionOf = sessionOf;
  }

  /** Those that are connected. */
  get clients(): RemoteClient[] {
    return this.#clients.firsts;
  }

  /** Services of the servers themselves. */
  get services(): RemoteClient[] {
    return this.#services.firsts;
  }

  find(clientId: string): RemoteClient | undefined {
    return this.#clients.first(clientId);
  }

  client(clientId: string): Session | undefined {
    const client = this.#clients.first(clientId);
    return client && this.session(client);
  }

  /** A service of another server, of those that have it. */
  service(clientId: string): Session | undefined {
    const service = this.#services.first(clientId);
    return service && this.session(service);
  }

  at(clientId: string, epoch: number): Session | undefined {
    const client = this.#all.at(clientId, epoch);
    return client && this.session(client);
  }

  /** By the number that its server has given it. */
  numbered(node: RemoteNode, number: number): RemoteClient | undefined {
    return this.#byNode.get(node)?.get(number);
  }

  of(node: RemoteNode): RemoteClient[] {
    return [...(this.#byNode.get(node)?.values() ?? [])];
  }

  session(client: RemoteClient): Session {
    client.session ??= this.#sessionOf(client);
    return client.session;
  }

  add(client: RemoteClient): void {
    this.#all.add(client);
    const ofNode = this.#byNode.get(client.node) ?? new Map();
    this.#byNode.set(client.node, ofNode.set(client.number, client));
    if (client.socketId !== undefined) this.#clients.add(client);
    else if (client.isService) this.#services.add(client);
  }

  remove(client: RemoteClient): void {
    const { node, number } = client;
    this.#all.remove(client);
    const ofNode = this.#byNode.get(node);
    if (ofNode?.delete(number) && ofNode.size === 0) this.#byNode.delete(node);
    this.#clients.remove(client);
    this.#services.remove(client);
  }
}

/** By client id. For a moment several may have the same: until the servers have agreed. */
class RemoteIds {
  readonly #byId = new Map<string, RemoteClient[]>();

  get firsts(): RemoteClient[] {
    return Array.from(this.#byId.values(), ([first]) => first as RemoteClient);
  }

  first(clientId: string): RemoteClient | undefined {
    return this.#byId.get(clientId)?.[0];
  }

  at(clientId: string, epoch: number): RemoteClient | undefined {
    return this.#byId.get(clientId)?.find((client) => client.epoch === epoch);
  }

  add(client: RemoteClient): void {
    this.#byId.set(client.clientId, [...(this.#byId.get(client.clientId) ?? []), client]);
  }

  remove(client: RemoteClient): void {
    const rest = this.#byId.get(client.clientId)?.filter((each) => each !== client);
    if (rest?.length) this.#byId.set(client.clientId, rest);
    else this.#byId.delete(client.clientId);
  }
}
