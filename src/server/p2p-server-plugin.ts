import type { Namespace, Server } from 'socket.io';
import { callGuarded } from '../async/call-guarded.js';
import { boundCalls } from '../peer/bound-calls.js';
import { SERVICE_CALLS } from '../peer/service-calls.js';
import { SERVER_ERROR } from '../protocol/event-names.js';
import { CLIENT_ID_RULE, isClientId } from '../protocol/identifiers.js';
import { isP2PError, P2PError } from '../protocol/p2p-error.js';
import type { UntypedEvents } from '../protocol/typed-events.js';
import { requestFor } from './admission.js';
import { tellError } from './client-kind.js';
import { HostedServices } from './hosted-services.js';
import { type OperatorCalls, operatorCalls } from './operator-calls.js';
import type { P2PServer } from './p2p-server.js';
import type { RawNamespace, RawServer, RawServerSocket } from './raw-server.js';
import { ServerCalls } from './server-calls.js';
import { createServerCore, type ServerCore } from './server-core.js';
import { type P2PServerOptions, readOptions, type ServerSettings } from './server-options.js';
import { serverPeer } from './server-peer.js';

/** The events that a typed server emits. */
type EmittedBy<IO> =
  // biome-ignore lint/suspicious/noExplicitAny: the positions that are not looked at
  IO extends Server<any, infer Emit, any, any> ? Emit : IO extends Namespace<any, infer Emit, any, any> ? Emit : never;

/** An event map that says nothing is our own untyped one, whose arguments can be named freely. */
type EventsOf<IO> = string extends keyof EmittedBy<IO> ? UntypedEvents : EmittedBy<IO> & object;

/** The server or namespace that was handed in, with the calls of this library on it. */
export type P2PServerIo<IO extends RawServer | RawNamespace = RawServer> = P2PServer<EventsOf<IO>> & IO;

/** The calls alone: `on` and its like are Socket.IO's own. */
type P2PServerCalls = Omit<P2PServer, 'on' | 'once' | 'off'>;

const CALLS = ['emitTo', 'emitToWithAck', 'addStreamAsClient', 'with', ...SERVICE_CALLS] as const;

const applied = new WeakMap<RawNamespace, { readonly server: P2PServerCalls; readonly options: P2PServerOptions }>();

/**
 * Makes a Socket.IO server, or one namespace of it, a relay between clients. Everything Socket.IO offers goes on
 * working on it. Apply it before your own `connection` handlers, so that they find the client in the directory.
 * Applying it twice gives the same object; with other options, it fails.
 *
 * @throws P2PError `INVALID_ARGUMENT` for the options, `CLIENT_ID_INVALID` for the option `serverId`, `UNSUPPORTED` for a dynamic namespace
 */
export function p2pServerPlugin<IO extends RawServer | RawNamespace>(
  io: IO,
  options: P2PServerOptions = {},
): P2PServerIo<IO> {
  const namespace = namespaceOf(io);
  const settings = readOptions(options);
  const present = applied.get(namespace);
  if (present) checkSameOptions(present.options, options);
  const server = present?.server ?? createServer(namespace, settings);
  applied.set(namespace, { server, options: present?.options ?? options });
  // `io` and `io.of('/')` are one namespace in two objects: both get the calls.
  if (!('clientMap' in io)) Object.defineProperties(io, Object.getOwnPropertyDescriptors(server));
  return io as unknown as P2PServerIo<IO>;
}

/** What came second would have no effect, and may be what keeps others out. @throws P2PError `INVALID_ARGUMENT` */
function checkSameOptions(present: P2PServerOptions, options: P2PServerOptions): void {
  for (const name of Object.keys(options) as (keyof P2PServerOptions)[]) {
    if (isSameOption(options[name], present[name])) continue;
    throw new P2PError('INVALID_ARGUMENT', `The plugin is applied already, with another option ${name}`);
  }
}

function isSameOption(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return false;
  const values = Object.entries(other);
  return (
    Object.keys(one).length === values.length &&
    values.every(([name, value]) => one[name as keyof typeof one] === value)
  );
}

function createServer(namespace: RawNamespace, settings: ServerSettings): P2PServerCalls {
  const core = createServerCore(namespace, settings);
  const { sessions, logError } = core;
  const { serverId, isService, timeout } = settings;
  const failed = (error: P2PError) => raise(namespace, error, logError);
  const callSettings = { errorFirst: false, failed, deadline: { timeout, signal: undefined } };
  const calls = new ServerCalls(
    { namespace, directory: sessions.directory },
    serverPeer({ sessions, serverId, failed }),
    callSettings,
  );
  const services = new HostedServices({ sessions, settings: callSettings, serverId, isService });
  const server: Omit<P2PServerCalls, keyof OperatorCalls> = {
    ...directoryCalls(core),
    get clientMap() {
      return sessions.directory.snapshot();
    },
    emitError: (socket, error) => {
      logError('emitError', error);
      // Its place is where things go wrong, possibly after the client has left.
      const connected = findSocket(namespace, socket);
      if (connected) tellError(sessions.writer, connected, publicError(error));
    },
    ...(boundCalls(calls, CALLS) as unknown as Pick<P2PServer, (typeof CALLS)[number]>),
    asService: (name, given) => services.get(name, given),
  };
  return Object.defineProperties(server, Object.getOwnPropertyDescriptors(operatorCalls(core))) as P2PServerCalls;
}

type DirectoryCalls = Pick<
  P2PServer,
  | 'addClient'
  | 'removeClient'
  | 'getSocketByClientId'
  | 'getSocketIdByClientId'
  | 'getClientIdBySocketId'
  | 'getAllClientId'
>;

function directoryCalls({ namespace, sessions, admission }: ServerCore): DirectoryCalls {
  const { directory } = sessions;
  return {
    addClient: (clientId, socket) => {
      if (!isClientId(clientId)) throw new P2PError('CLIENT_ID_INVALID', CLIENT_ID_RULE);
      admission.register(requestFor(checkSocket(namespace, socket), clientId));
    },
    removeClient: (clientId) => {
      const session = directory.get(clientId);
      // The server's own session is not for the application to end.
      if (!session || session.hosted) return false;
      sessions.remove(session);
      return true;
    },
    getSocketByClientId: (clientId) => directory.get(clientId)?.socket,
    getSocketIdByClientId: (clientId) => {
      const session = directory.get(clientId);
      return session?.socket?.id ?? session?.remote?.socketId;
    },
    getClientIdBySocketId: (socketId) => directory.ofSocket(socketId)?.clientId,
    getAllClientId: () => directory.connectedIds,
  };
}

function namespaceOf(io: unknown): RawNamespace {
  const candidate = io as Partial<RawServer & RawNamespace> | null | undefined;
  if (typeof candidate?.use !== 'function' || typeof candidate.on !== 'function') {
    throw new P2PError('INVALID_ARGUMENT', 'p2pServerPlugin takes a socket.io Server or Namespace, 4.8 or newer');
  }
  const namespace = typeof candidate.of === 'function' ? candidate.of('/') : (io as RawNamespace);
  if ('children' in namespace) {
    throw new P2PError('UNSUPPORTED', 'A dynamic namespace is many: apply the plugin to each in its "new_namespace"');
  }
  return namespace;
}

/** @throws P2PError `INVALID_ARGUMENT` */
function checkSocket(namespace: RawNamespace, socket: RawServerSocket | string): RawServerSocket {
  const found = findSocket(namespace, socket);
  if (found) return found;
  throw new P2PError('INVALID_ARGUMENT', 'No such socket is connected to this namespace');
}

function findSocket(namespace: RawNamespace, socket: RawServerSocket | string): RawServerSocket | undefined {
  return namespace.sockets.get(typeof socket === 'string' ? socket : socket?.id);
}

/** What a client may read of an error: what is not ours shows its message, as the application chose to send it. */
function publicError(error: unknown): P2PError {
  if (isP2PError(error)) return error;
  return new P2PError('INTERNAL', error instanceof Error ? error.message : String(error));
}

/** Tells the application's `SERVER_ERROR` listeners; what nobody listens for is logged. */
function raise(namespace: RawNamespace, error: P2PError, logError: (message: string, error: unknown) => void): void {
  const listeners = namespace.rawListeners(SERVER_ERROR) as ((error: P2PError) => unknown)[];
  if (listeners.length === 0) logError('nobody listens to SERVER_ERROR', error);
  for (const listener of listeners)
    callGuarded(listener.bind(namespace), [error], (cause) => logError('a listener failed', cause));
}
