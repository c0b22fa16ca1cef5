import { Session, UNLISTED } from '../session.js';
import { Usage } from '../usage.js';
import type { ClusterHost } from './cluster-host.js';
import type { RemoteClient } from './remote-clients.js';
import { RemotePort } from './remote-port.js';

export interface RepresentOptions {
  readonly host: ClusterHost;
  /** The session is over here. */
  readonly forget: () => void;
}

/** Makes the session that stands here for one of another server. */
export function represent(client: RemoteClient, { host, forget }: RepresentOptions): Session {
  const { clientId, epoch, socketId, instance, isService, isShared, node, number } = client;
  const { directory, router } = host;
  const session = new Session({
    clientId,
    epoch,
    socket: undefined,
    secret: undefined,
    ...(socketId === undefined && { hosted: { ...UNLISTED, isService, isShared } }),
    // What is limited is counted where it is connected.
    usage: new Usage(undefined),
    remote: {
      socketId,
      nodeId: node.id,
      instance,
      gateway: node,
      isAlive: () => node.probe(number),
      expel: (reason) => node.note({ note: 'expel', number, error: reason.toJSON() }),
      remove: () => node.note({ note: 'remove', number }),
      forget,
    },
  });
  session.isService = isService;
  session.attach(new RemotePort({ client, directory, failed: (...failure) => router.refuse(...failure) }));
  return session;
}
