import type { CallOptions } from '../peer/call-arguments.js';
import type { ServiceConsumer } from '../peer/service-consumer.js';
import type { DuplexOptions, StreamOptions } from '../peer/stream-options.js';
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
import type { P2PService } from './hosted-service.js';
import type { OperatorCalls } from './operator-calls.js';
import type { RawServerSocket } from './raw-server.js';

/** How a service of the server is hosted. */
export interface HostedServiceSettings {
  /** Whether a client may hold the id too, and answer what the service lacks. Default false. */
  readonly shared?: boolean;
}

/** The calls of the server after `with(…)`: their callbacks take the error first. */
export interface P2PServerView<Emit extends object = UntypedEvents> extends ServiceConsumer {
  /** As on the server, but an ack is called with the error first. */
  emitTo<E extends EventName<Emit>>(
    clientId: string,
    event: E,
    ...args: ErrorFirst<EventArguments<Emit, E>, P2PError>
  ): void;
  /** As on the server. */
  emitToWithAck<E extends EventName<Emit>>(
    clientId: string,
    event: E,
    ...args: ArgumentsBeforeAck<EventArguments<Emit, E>>
  ): Promise<AckResult<EventArguments<Emit, E>>>;
  /** As on the server. */
  addStreamAsClient(clientId: string, options?: StreamOptions & DuplexOptions): Promise<NodeDuplex>;
  /** @throws P2PError `INVALID_ARGUMENT` */
  with(options: CallOptions): P2PServerView<Emit>;
}

/** What the plugin adds to a Socket.IO server or namespace. */
export interface P2PServer<Emit extends object = UntypedEvents> extends ServiceConsumer, OperatorCalls {
  /** Hears the failures of the server's own calls that no promise and no error-first callback took. */
  on(event: 'SERVER_ERROR', listener: (error: P2PError) => void): this;
  once(event: 'SERVER_ERROR', listener: (error: P2PError) => void): this;
  off(event: 'SERVER_ERROR', listener: (error: P2PError) => void): this;
  /** A snapshot, client id → socket id, without prototype. Made anew at each read: for lookups use the getters (SC-2). */
  readonly clientMap: Readonly<Record<string, string>>;
  /**
   * Puts a connected socket into the directory (SC-1).
   * @param socket the socket or its id
   * @throws P2PError `CLIENT_ID_INVALID`, `CLIENT_ID_IN_USE`, `CLIENT_ID_RESERVED`, `INVALID_ARGUMENT` (no such socket, or it has an id),
   * `VERSION_UNSUPPORTED` and `PACKET_INVALID` for a plugin client that announces itself wrongly
   */
  addClient(clientId: string, socket: RawServerSocket | string): void;
  /**
   * Takes a client out of the directory; its socket stays connected (SC-1).
   * @returns whether there was such a client
   */
  removeClient(clientId: string): boolean;
  /** Constant time, as are the other two (SC-2). */
  getSocketByClientId(clientId: string): RawServerSocket | undefined;
  getSocketIdByClientId(clientId: string): string | undefined;
  getClientIdBySocketId(socketId: string): string | undefined;
  /** The ids of all connected clients (SC-2). */
  getAllClientId(): string[];
  /**
   * Logs an error and emits `SERVER_ERROR {code, message, details}` to a client, if it is still connected (SC-3).
   * @param socket the socket or its id
   * @param error a `P2PError` is sent as it is, of anything else the message with the code `INTERNAL`
   */
  emitError(socket: RawServerSocket | string, error: unknown): void;
  /**
   * Sends the application's own server event to one client, where it arrives at `socket.on(event)` (SC-6).
   * A function as last argument is called with the client's answer. What goes wrong later, `CLIENT_NOT_FOUND`
   * for one, is told to `SERVER_ERROR` listeners of this server.
   * @throws P2PError `INVALID_ARGUMENT`, `EVENT_RESERVED`, `PAYLOAD_INVALID` for `_placeholder: true` beside binary
   */
  emitTo<E extends EventName<Emit>>(clientId: string, event: E, ...args: EventArguments<Emit, E>): void;
  /** The same with a promise; rejects with `CLIENT_NOT_FOUND`, `PEER_GONE`, `TIMEOUT`, `ABORTED`. */
  emitToWithAck<E extends EventName<Emit>>(
    clientId: string,
    event: E,
    ...args: ArgumentsBeforeAck<EventArguments<Emit, E>>
  ): Promise<AckResult<EventArguments<Emit, E>>>;
  /**
   * Opens a stream to a client as if the server were a client, with the id of the option `serverId` (SS-3).
   * Rejects as a client's `addP2pStream` does.
   */
  addStreamAsClient(clientId: string, options?: StreamOptions & DuplexOptions): Promise<NodeDuplex>;
  /**
   * A service of the server's own (SV-1), under this client id: a client that holds it is sent away with
   * `CLIENT_ID_RESERVED`, unless the service is `shared`; then that client answers what the service lacks (SV-3). Asked
   * for again, it is the same.
   * @throws P2PError `NOT_A_SERVICE` without the option `isService`, `CLIENT_ID_INVALID`, `CLIENT_ID_RESERVED` for the
   * server's own id, `INVALID_ARGUMENT` where it exists with another `shared`
   */
  asService(clientId: string, options?: HostedServiceSettings): P2PService;
  /**
   * A view with another deadline or an `AbortSignal`, and callbacks that take the error first.
   * @throws P2PError `INVALID_ARGUMENT`
   */
  with(options: CallOptions): P2PServerView<Emit>;
}
