import type { CallOptions } from '../peer/call-arguments.js';
import type { ReceivedMessage } from '../peer/message-listeners.js';
import type { ServiceConsumer } from '../peer/service-consumer.js';
import type { ServiceProvider, ServicePublisher } from '../peer/service-provider.js';
import type { P2PStream } from '../peer/stream-calls.js';
import type { AcceptOptions, DuplexOptions, IncomingStream, StreamOptions } from '../peer/stream-options.js';
import type { P2PError } from '../protocol/p2p-error.js';
import type {
  AckResult,
  ArgumentsBeforeAck,
  ErrorFirst,
  EventArguments,
  EventName,
  UntypedEvents,
} from '../protocol/typed-events.js';
import type { NodeDuplex } from '../stream/node-duplex.js';

/**
 * Listeners for one peer's messages alone (CM-4). They go when that peer disconnects (CM-5).
 * All that `from` gives for one peer share them, so that any can take off what another put on.
 */
export interface FromPeer<Listen extends object = UntypedEvents> {
  /** The peer. */
  readonly clientId: string;
  /** @throws P2PError `INVALID_ARGUMENT`, `EVENT_RESERVED` */
  on<E extends EventName<Listen>>(event: E, listener: (...args: EventArguments<Listen, E>) => unknown): this;
  /** @throws P2PError `INVALID_ARGUMENT`, `EVENT_RESERVED` */
  once<E extends EventName<Listen>>(event: E, listener: (...args: EventArguments<Listen, E>) => unknown): this;
  /** Removes one listener, all of an event, or all for this peer. */
  off<E extends EventName<Listen>>(event?: E, listener?: (...args: EventArguments<Listen, E>) => unknown): this;
}

/**
 * What a client can ask of its peers and of the server. Each call that waits settles within its
 * deadline (default 10 s), and at once with `PEER_GONE` or `LINK_DOWN` when the peer or the link is lost.
 * Arguments that cannot be right are refused at the call with `INVALID_ARGUMENT`: promise forms
 * reject, all others throw.
 */
interface PeerRequests<Emit extends object> extends ServiceConsumer, ServicePublisher {
  /**
   * Sends an event to one client and waits for its answer (CM-2). `PROTOCOL.md` § request.
   * Rejects with `CLIENT_NOT_FOUND`, `NO_LISTENER`, `HANDLER_FAILED`, `PEER_GONE`, `LINK_DOWN`, `TIMEOUT`,
   * `ABORTED`, `QUEUE_FULL`, `PAYLOAD_TOO_LARGE`, `EVENT_RESERVED`, `EVENT_NOT_ALLOWED` or the `P2PError` of its listener.
   */
  emitToWithAck<E extends EventName<Emit>>(
    clientId: string,
    event: E,
    ...args: ArgumentsBeforeAck<EventArguments<Emit, E>>
  ): Promise<AckResult<EventArguments<Emit, E>>>;
  /**
   * Sends an event to everyone in a room but this client, which need not be in it (CC-1).
   * @throws P2PError `INVALID_ARGUMENT`, `EVENT_RESERVED`, `ROOM_RESERVED`, `PAYLOAD_TOO_LARGE`
   */
  emitRoom<E extends EventName<Emit>>(
    room: string,
    event: E,
    ...args: ArgumentsBeforeAck<EventArguments<Emit, E>>
  ): void;
  /** Makes a pair with a client, which learns of it through `onAddP2pTarget` (CM-1, SM-1). */
  addP2pTarget(clientId: string): Promise<void>;
  /**
   * Opens a stream to a client that accepts them, as a Node Duplex (CS-1, CS-3). `PROTOCOL.md` § Streams.
   * Rejects with `CLIENT_NOT_FOUND`, `NO_LISTENER` (it accepts no streams), `STREAM_REFUSED` with its reason,
   * `HANDLER_FAILED`, `PEER_GONE`, `LINK_DOWN`, `TIMEOUT`, `ABORTED`, `QUEUE_FULL`, `INVALID_ARGUMENT`, and `UNSUPPORTED`
   * where there is no Duplex. The stream is destroyed with `PEER_GONE`, `LINK_DOWN`, `STREAM_RESET` or the error of the
   * other end; an error that nobody listens for is told to `SERVER_ERROR` listeners instead.
   */
  addP2pStream(clientId: string, options?: StreamOptions & DuplexOptions): Promise<NodeDuplex>;
  /** The same as a pair of web streams, in browsers and everywhere else (CS-1). Rejects as `addP2pStream` does. */
  openStream(clientId: string, options?: StreamOptions): Promise<P2PStream>;
  /** Enters a room (CC-1); rejects with `ROOM_RESERVED` for a name that no client may use. */
  joinRoom(room: string): Promise<void>;
  /** Leaves a room (CC-1). */
  leaveRoom(room: string): Promise<void>;
  /** The ids of all connected clients, this one among them (SC-6). */
  getClientList(): Promise<string[]>;
  /** Whether a client is connected (SC-6). */
  isClientConnected(clientId: string): Promise<boolean>;
  /**
   * A service's event for one client (CV-2), which hears it by `onService`; otherwise as `emitTo`.
   * @throws P2PError `NOT_A_SERVICE`, `INVALID_ARGUMENT`, `EVENT_RESERVED`, `PAYLOAD_TOO_LARGE`
   */
  // biome-ignore lint/suspicious/noExplicitAny: only `any` lets an untyped ack name its own parameters
  emitClient(clientId: string, event: string, ...args: any[]): void;
  /**
   * A view with the same calls, another deadline or an `AbortSignal`, and callbacks that take the error first.
   * @throws P2PError `INVALID_ARGUMENT`
   */
  with(options: CallOptions): P2PClientView<Emit>;
}

type ViewStreamCallback = (error: P2PError | null, duplex?: NodeDuplex) => void;

/** What takes a stream that a client has opened. */
type DuplexCallback = (duplex: NodeDuplex, incoming: IncomingStream) => unknown;

/** The calls after `with(…)`: their callbacks take the error first. */
export interface P2PClientView<Emit extends object = UntypedEvents> extends PeerRequests<Emit> {
  /** As on the socket, but an ack is called with the error first. */
  emitTo<E extends EventName<Emit>>(
    clientId: string,
    event: E,
    ...args: ErrorFirst<EventArguments<Emit, E>, P2PError>
  ): void;
  addP2pTarget(clientId: string): Promise<void>;
  addP2pTarget(clientId: string, callback: (error: P2PError | null) => void): void;
  addP2pStream(clientId: string, options?: StreamOptions & DuplexOptions): Promise<NodeDuplex>;
  addP2pStream(clientId: string, callback: ViewStreamCallback): void;
  addP2pStream(clientId: string, options: StreamOptions & DuplexOptions, callback: ViewStreamCallback): void;
  joinRoom(room: string): Promise<void>;
  joinRoom(room: string, callback: (error: P2PError | null) => void): void;
  leaveRoom(room: string): Promise<void>;
  leaveRoom(room: string, callback: (error: P2PError | null) => void): void;
  getClientList(): Promise<string[]>;
  getClientList(callback: (error: P2PError | null, clientIds?: string[]) => void): void;
  isClientConnected(clientId: string): Promise<boolean>;
  isClientConnected(clientId: string, callback: (error: P2PError | null, connected?: boolean) => void): void;
}

/** What the plugin raises on the socket itself; no peer and no server can send these. */
export interface P2PClientEvents {
  /** A failure that no promise and no error-first callback took. */
  SERVER_ERROR: (error: P2PError) => void;
  /** A pair is over: the other side's session ended, or the own link was lost (SM-2). */
  MULTI_API_TARGET_DISCONNECT: (clientId: string, reason: 'PEER_GONE' | 'LINK_DOWN') => void;
}

/** What the plugin adds to a `socket.io-client` socket. */
export interface P2PClient<Listen extends object = UntypedEvents, Emit extends object = Listen>
  extends PeerRequests<Emit>,
    ServiceProvider {
  /** The id under which this client is known. */
  readonly clientId: string;
  /** Hears what the plugin raises on this socket; all other events are Socket.IO's. */
  on<E extends keyof P2PClientEvents>(event: E, listener: P2PClientEvents[E]): this;
  once<E extends keyof P2PClientEvents>(event: E, listener: P2PClientEvents[E]): this;
  off<E extends keyof P2PClientEvents>(event: E, listener?: P2PClientEvents[E]): this;
  /**
   * Sends an event to one client and no other (CM-2); a function as last argument is called with its answer.
   * What goes wrong later is told to `SERVER_ERROR` listeners of this socket, as a `P2PError`.
   * @throws P2PError `INVALID_ARGUMENT`, `EVENT_RESERVED`, `PAYLOAD_TOO_LARGE`
   */
  emitTo<E extends EventName<Emit>>(clientId: string, event: E, ...args: EventArguments<Emit, E>): void;
  addP2pTarget(clientId: string): Promise<void>;
  addP2pTarget(clientId: string, callback: () => void): void;
  addP2pStream(clientId: string, options?: StreamOptions & DuplexOptions): Promise<NodeDuplex>;
  addP2pStream(clientId: string, callback: (duplex: NodeDuplex) => void): void;
  addP2pStream(clientId: string, options: StreamOptions & DuplexOptions, callback: (duplex: NodeDuplex) => void): void;
  joinRoom(room: string): Promise<void>;
  joinRoom(room: string, callback: () => void): void;
  leaveRoom(room: string): Promise<void>;
  leaveRoom(room: string, callback: () => void): void;
  getClientList(): Promise<string[]>;
  getClientList(callback: (clientIds: string[]) => void): void;
  isClientConnected(clientId: string): Promise<boolean>;
  isClientConnected(clientId: string, callback: (connected: boolean) => void): void;
  /**
   * Hears an event from any client; the listener gets the sender's id, then the arguments, then the ack if one is wanted (CM-3).
   * With a listener alone it is Socket.IO's own `onAny`.
   * @throws P2PError `INVALID_ARGUMENT`, `EVENT_RESERVED`
   */
  onAny<E extends EventName<Listen>>(
    event: E,
    listener: (senderId: string, ...args: EventArguments<Listen, E>) => unknown,
  ): this;
  /** Like `onAny`, for the next one only. */
  onceAny<E extends EventName<Listen>>(
    event: E,
    listener: (senderId: string, ...args: EventArguments<Listen, E>) => unknown,
  ): this;
  /** Removes one listener or all of an event; with a listener alone, Socket.IO's own `offAny`; with nothing, all of both kinds. */
  offAny<E extends EventName<Listen>>(
    event?: E,
    listener?: (senderId: string, ...args: EventArguments<Listen, E>) => unknown,
  ): this;
  /**
   * Listeners for the messages of one client (CM-4). The value can be kept.
   * @throws P2PError `INVALID_ARGUMENT`
   */
  from(clientId: string): FromPeer<Listen>;
  /**
   * Hears an event that a service sends to this client (CV-3), also after it has gone and come again: unlike `from`'s,
   * these listeners stay. Returns a way to stop.
   * @throws P2PError `INVALID_ARGUMENT`, `EVENT_RESERVED`
   */
  onService<E extends EventName<Listen>>(
    service: string,
    event: E,
    listener: (...args: EventArguments<Listen, E>) => unknown,
  ): () => void;
  /** Removes one of these listeners, all of an event, or all of a service. */
  offService<E extends EventName<Listen>>(
    service: string,
    event?: E,
    listener?: (...args: EventArguments<Listen, E>) => unknown,
  ): void;
  /**
   * Hears every relayed message, whatever its event, and so answers for all of them. Returns a way to stop.
   * @throws P2PError `INVALID_ARGUMENT`
   */
  onMessage(listener: (message: ReceivedMessage) => unknown): () => void;
  /**
   * Learns which clients ask for a pair with this one, which they get (CM-1). Returns a way to stop.
   * @throws P2PError `INVALID_ARGUMENT`
   */
  onAddP2pTarget(listener: (clientId: string) => unknown): () => void;
  /**
   * Takes the streams that other clients open, as Node Duplexes (CS-1). There is one acceptor at a time. Returns a way to stop.
   * @throws P2PError `INVALID_ARGUMENT` also where streams are accepted already, `UNSUPPORTED` where there is no Duplex
   */
  onAddP2pStream(callback: DuplexCallback): () => void;
  onAddP2pStream(options: AcceptOptions & DuplexOptions, callback: DuplexCallback): () => void;
  /** Accepts no more streams; those that are open stay (CS-1). */
  offAddP2pStream(): void;
  /**
   * As `onAddP2pStream`, with pairs of web streams (CS-1).
   * @throws P2PError `INVALID_ARGUMENT` also where streams are accepted already
   */
  acceptStreams(callback: (stream: P2PStream) => unknown): () => void;
  acceptStreams(options: AcceptOptions, callback: (stream: P2PStream) => unknown): () => void;
}
