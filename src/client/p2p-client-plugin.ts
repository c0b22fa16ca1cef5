import type { Socket } from 'socket.io-client';
import { callGuarded } from '../async/call-guarded.js';
import { boundCalls } from '../peer/bound-calls.js';
import { checkCallOptions, checkListener } from '../peer/call-arguments.js';
import type { Listener } from '../peer/event-listeners.js';
import { MessageListeners, type ReceivedMessage } from '../peer/message-listeners.js';
import { PeerEngine } from '../peer/peer-engine.js';
import { acceptPair } from '../peer/peer-handler.js';
import { providerCalls } from '../peer/provider-calls.js';
import { SERVICE_CALLS } from '../peer/service-calls.js';
import { ServiceHost } from '../peer/service-host.js';
import { StreamAcceptor } from '../peer/stream-acceptor.js';
import type { P2PStream } from '../peer/stream-calls.js';
import type { AcceptOptions } from '../peer/stream-options.js';
import { checkEvent, checkPeer, invalidArgument } from '../protocol/check-names.js';
import { SERVER_ERROR, TARGET_DISCONNECT } from '../protocol/event-names.js';
import { DEFAULT_TIMEOUT } from '../protocol/limits.js';
import { P2PError } from '../protocol/p2p-error.js';
import type { PeerEvents, UntypedEvents } from '../protocol/typed-events.js';
import type { NodeDuplex } from '../stream/node-duplex.js';
import { checkClientId } from './announce.js';
import type { FromPeer, P2PClient } from './p2p-client.js';
import { PeerCalls } from './peer-calls.js';
import { checkRawSocket, localListeners, type RawSocket } from './raw-socket.js';
import { SocketIoLink } from './socket-io-link.js';

export interface P2PClientOptions<Listen extends object = UntypedEvents, Emit extends object = Listen> {
  /** Types of the events between peers: `{} as PeerEvents<Heard, Sent>`. Never read. */
  readonly events?: PeerEvents<Listen, Emit>;
  /** Time that an operation may take, in ms. Default 10,000. */
  readonly timeout?: number;
  /** Whether this client is a service, under its client id (CV-1, CV-2). Default false. */
  readonly isService?: boolean;
  /**
   * Whether packets may travel in binary frames, many in one, where the server reads them too. Default true. Without,
   * each is an event of Socket.IO, which developer tools show as text, and costs several times as much.
   */
  readonly frames?: boolean;
}

/** The socket that was handed in, with the calls of this library on it. */
export type P2PClientSocket<
  Raw extends RawSocket = Socket,
  Listen extends object = UntypedEvents,
  Emit extends object = Listen,
> = P2PClient<Listen, Emit> & Raw;

const CALLS = [
  'emitTo',
  'emitToWithAck',
  'emitRoom',
  'addP2pTarget',
  'addP2pStream',
  'openStream',
  'joinRoom',
  'leaveRoom',
  'getClientList',
  'isClientConnected',
  'emitClient',
  'with',
  ...SERVICE_CALLS,
] as const satisfies readonly (keyof PeerCalls)[];

const applied = new WeakMap<RawSocket, P2PClient>();

/**
 * Makes a `socket.io-client` socket a client that others reach by id (CC-1, CC-2). Everything Socket.IO
 * offers goes on working on it. Applying it twice gives the same object.
 *
 * @param rawSocket connected or not yet
 * @param clientId 1 to 128 printable characters, unique on the server
 * @throws P2PError `CLIENT_ID_INVALID`, `CLIENT_ID_MISMATCH`, `INVALID_ARGUMENT`
 */
export function p2pClientPlugin<
  Raw extends RawSocket,
  Listen extends object = UntypedEvents,
  Emit extends object = Listen,
>(rawSocket: Raw, clientId: string, options: P2PClientOptions<Listen, Emit> = {}): P2PClientSocket<Raw, Listen, Emit> {
  checkRawSocket(rawSocket);
  checkCallOptions(options);
  for (const name of ['isService', 'frames'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'boolean')
      throw invalidArgument(`${name} is true or false`);
  }
  checkClientId(rawSocket, clientId, applied.get(rawSocket)?.clientId);
  if (!applied.has(rawSocket)) applied.set(rawSocket, createClient(rawSocket, clientId, options));
  return rawSocket as unknown as P2PClientSocket<Raw, Listen, Emit>;
}

function createClient(
  socket: RawSocket,
  clientId: string,
  { timeout = DEFAULT_TIMEOUT, isService = false, frames = true }: Omit<P2PClientOptions, 'events'>,
): P2PClient {
  const failed = (error: P2PError) => raise(socket, SERVER_ERROR, [error], error);
  const pairListeners = new Set<(clientId: string) => unknown>();
  const listeners = new MessageListeners({
    watch: (peer) => engine.watch(peer),
    unwatch: (peer) => engine.unwatch(peer),
    failed,
  });
  const acceptor = new StreamAcceptor(failed);
  const host = new ServiceHost({ service: clientId, engine: () => engine, isService, failed });
  const engine: PeerEngine = new PeerEngine(new SocketIoLink({ socket, clientId, frames, failed }), {
    message: (message) => listeners.deliver(message),
    pairAsked: (peer, answer) => {
      acceptPair(answer);
      for (const listener of [...pairListeners])
        callGuarded(listener, [peer], (cause) => failed(listenerFailed(cause)));
    },
    streamAsked: (request) => acceptor.asked(request),
    callAsked: (request) => host.callAsked(request),
    subscribeAsked: (request) => host.topics.subscribeAsked(request),
    unsubscribed: (packet) => host.topics.unsubscribed(packet),
    linkUp: () => host.linkUp(),
    linkDown: () => host.topics.linkDown(),
    pairEnded: (peer, reason) => raise(socket, TARGET_DISCONNECT, [peer, reason]),
    sessionGone: (epoch) => host.topics.sessionGone(epoch),
    peerGone: (peer) => listeners.dropPeer(peer),
    failed,
  });
  const deadline = { timeout, signal: undefined };
  const calls = new PeerCalls(engine, host, { errorFirst: false, failed, deadline });
  const client = {
    clientId,
    ...providerCalls(host, deadline),
    ...serviceListeners(listeners),
    ...boundCalls(calls, CALLS),
    ...anyListeners(socket, listeners),
    ...acceptorCalls(acceptor),
    from: (peer: string) => fromPeer(listeners, peer),
    onMessage: (listener: (message: ReceivedMessage) => unknown) => addTo(listeners.observers, listener),
    onAddP2pTarget: (listener: (clientId: string) => unknown) => addTo(pairListeners, listener),
  };
  return Object.assign(socket, client) as unknown as P2PClient;
}

/** CS-1: the options may be left out. */
function acceptorCalls(acceptor: StreamAcceptor): Record<string, unknown> {
  const split = <T>([first, second]: unknown[]) =>
    (typeof first === 'function' ? [{}, first] : [first === undefined ? {} : first, second]) as [AcceptOptions, T];
  return {
    onAddP2pStream: (...args: unknown[]) => acceptor.acceptDuplexes(...split<(duplex: NodeDuplex) => unknown>(args)),
    offAddP2pStream: () => acceptor.stop(),
    acceptStreams: (...args: unknown[]) => acceptor.acceptWebStreams(...split<(stream: P2PStream) => unknown>(args)),
  };
}

/** CM-3: a first argument that is a function means Socket.IO's own catch-all listeners. */
function anyListeners(socket: RawSocket, { any }: MessageListeners): Record<string, unknown> {
  const socketIo = { onAny: socket.onAny.bind(socket), offAny: socket.offAny.bind(socket) };
  const add = (event: unknown, listener: Listener, once: boolean) => {
    checkEvent(event);
    checkListener(listener);
    any.add(event, listener, once);
    return socket;
  };
  return {
    onAny: (event: unknown, listener: Listener) =>
      typeof event === 'function' ? socketIo.onAny(event as () => void) : add(event, listener, false),
    onceAny: (event: unknown, listener: Listener) => add(event, listener, true),
    offAny: (event?: unknown, listener?: Listener) => {
      if (typeof event === 'function') return socketIo.offAny(event as () => void);
      if (event === undefined) socketIo.offAny();
      any.remove(event as string | undefined, listener);
      return socket;
    },
  };
}

function fromPeer(listeners: MessageListeners, peer: string): FromPeer {
  checkPeer(peer);
  const add = (event: unknown, listener: Listener, once: boolean) => {
    checkEvent(event);
    checkListener(listener);
    listeners.addFrom(peer, event, listener, once);
    return handle;
  };
  const handle: FromPeer = {
    clientId: peer,
    on: (event, listener) => add(event, listener, false),
    once: (event, listener) => add(event, listener, true),
    off: (event, listener) => {
      listeners.removeFrom(peer, event, listener);
      return handle;
    },
  };
  return handle;
}

/** CV-3: the events of a service, whether it is there or not. */
function serviceListeners(listeners: MessageListeners): Pick<P2PClient, 'onService' | 'offService'> {
  return {
    onService: (service, event, listener) => {
      checkPeer(service);
      checkEvent(event);
      checkListener(listener);
      listeners.addOfService(service, event, listener);
      return () => listeners.removeOfService(service, event, listener);
    },
    offService: (service, event, listener) => listeners.removeOfService(service, event, listener),
  };
}

function addTo<T>(set: Set<T>, listener: T): () => void {
  checkListener(listener);
  set.add(listener);
  return () => set.delete(listener);
}

/** Calls the application's listeners of a local event; an error that nobody listens for is shown. */
function raise(socket: RawSocket, event: string, args: unknown[], error?: P2PError): void {
  const listeners = localListeners(socket, event);
  if (listeners.length === 0 && error) console.warn(`[socket.io-p2p-plugin] ${error.code}: ${error.message}`);
  for (const listener of listeners) {
    callGuarded(listener, args, (cause) => console.error('[socket.io-p2p-plugin] a listener failed:', cause));
  }
}

function listenerFailed(cause: unknown): P2PError {
  return new P2PError('HANDLER_FAILED', 'A listener of onAddP2pTarget failed', { cause });
}
