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
  /** For a moment several clients may have the same id: until the servers have agreed. */
  readonly #byId = new Map<string, RemoteClient[]>();
  readonly #sessionOf: (client: RemoteClient) => Session;

  /** `sessionOf` makes what stands for one here. */
  constructor(sessionOf: (client: RemoteClient) => Session) {
    this.#sessionOf = sessionOf;
  }

  /** Those that are connected. */
  get clients(): RemoteClient[] {
    return this.#all(isClient);
  }

  /** Those, and services of the servers themselves. */
  get listed(): RemoteClient[] {
    return this.#all((each) => isClient(each) || each.isService);
  }

  /** Services of clients and of servers. */
  get services(): RemoteClient[] {
    return this.#all(({ isService }) => isService);
  }

  find(clientId: string): RemoteClient | undefined {
    return this.#byId.get(clientId)?.find(isClient);
  }

  client(clientId: string): Session | undefined {
    return this.#session(this.find(clientId));
  }

  /** A service of another server, of those that have it. */
  service(clientId: string): Session | undefined {
    return this.#session(this.#byId.get(clientId)?.find(isHosted));
  }

  at(clientId: string, epoch: number): Session | undefined {
    return this.#session(this.#byId.get(clientId)?.find((each) => each.epoch === epoch));
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
    const { clientId, node, number } = client;
    this.#byId.set(clientId, [...(this.#byId.get(clientId) ?? []), client]);
    const ofNode = this.#byNode.get(node) ?? new Map();
    this.#byNode.set(node, ofNode.set(number, client));
  }

  remove(client: RemoteClient): void {
    const { clientId, node, number } = client;
    const rest = this.#byId.get(clientId)?.filter((each) => each !== client);
    if (rest?.length) this.#byId.set(clientId, rest);
    else this.#byId.delete(clientId);
    const ofNode = this.#byNode.get(node);
    if (ofNode?.delete(number) && ofNode.size === 0) this.#byNode.delete(node);
  }

  #session(client: RemoteClient | undefined): Session | undefined {
    return client && this.session(client);
  }

  #all(isMeant: (client: RemoteClient) => boolean): RemoteClient[] {
    return [...this.#byId.values()].flatMap((sameId) => sameId.find(isMeant) ?? []);
  }
}

function isClient({ socketId }: RemoteClient): boolean {
  return socketId !== undefined;
}

/** A service of a server; what else a server has nobody has to know of. */
function isHosted(client: RemoteClient): boolean {
  return !isClient(client) && client.isService;
}
