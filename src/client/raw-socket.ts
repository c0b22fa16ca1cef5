import { P2PError } from '../protocol/p2p-error.js';

// biome-ignore lint/suspicious/noExplicitAny: only `any` agrees with the listeners of every typed socket
type AnyListener = (...args: any[]) => void;

/**
 * What the library uses of a `socket.io-client` socket. By structure, not by class: the package has one declaration
 * for ESM and one for CommonJS, whose classes TypeScript holds to be different.
 */
export interface RawSocket {
  readonly connected: boolean;
  readonly active: boolean;
  auth: { [key: string]: unknown } | ((callback: (data: object) => void) => void);
  readonly io: RawManager;
  connect(): unknown;
  disconnect(): unknown;
  close(): unknown;
  on(event: string, listener: AnyListener): unknown;
  off(event?: string, listener?: AnyListener): unknown;
  listeners(event: string): AnyListener[];
  onAny(listener: AnyListener): unknown;
  offAny(listener?: AnyListener): unknown;
}

interface RawManager {
  readonly opts: { query?: { [key: string]: unknown } | string; parser?: unknown };
  readonly engine: { readonly transport?: { readonly name: string } };
  reconnection(): boolean | undefined;
  reconnectionDelay(): number | undefined;
  reconnectionDelayMax(): number | undefined;
  randomizationFactor(): number | undefined;
}

interface RawPacket {
  readonly type: number;
  readonly data: unknown;
  readonly options?: { readonly compress: boolean };
}

/** A method that Socket.IO uses itself. In its minified builds those that begin with `_` have other names. */
interface SocketInternals {
  /** Sends a packet: nothing is buffered, repeated or shown to outgoing listeners. */
  packet(packet: RawPacket): void;
}

interface ManagerInternals {
  readonly engine: RawEngine;
  readonly decoder?: unknown;
}

/** What is used of a connection. */
export interface RawEngine {
  readonly readyState: string;
  readonly transport?: RawTransport;
  /** What has not been written, or is only just being written. */
  readonly writeBuffer: readonly unknown[];
  hasListeners(event: 'packetCreate'): boolean;
  once(event: 'drain', listener: () => void): void;
  write(bytes: Uint8Array, options: { readonly compress: boolean }): void;
}

export interface RawTransport {
  readonly name: string;
  readonly supportsBinary?: boolean;
  /** The websocket of a transport that is one; in Node that is one of `ws`. */
  readonly ws?: {
    readonly readyState: number;
    readonly extensions: string;
    readonly _sender?: { sendFrame?: unknown };
  };
}

/** The packet type CONNECT of socket.io-protocol: what `auth` holds, with `pid` and `offset` to recover a connection. */
const CONNECT = 0;

/** Sockets whose next connect is a new one. */
const forgetful = new WeakSet<RawSocket>();

/** The packet type EVENT of socket.io-protocol; the encoder makes it BINARY_EVENT by itself. */
const EVENT = 2;

/** @throws P2PError `INVALID_ARGUMENT` for anything but a socket of socket.io-client that has what is used here */
export function checkRawSocket(socket: unknown): asserts socket is RawSocket {
  const candidate = socket as Partial<RawSocket & SocketInternals> | null | undefined;
  if (typeof candidate?.onAny !== 'function' || typeof candidate.packet !== 'function') {
    throw new P2PError('INVALID_ARGUMENT', 'p2pClientPlugin takes a socket of socket.io-client 4.8 or newer');
  }
}

/**
 * Sends an event past `emit`, which would keep it in a send buffer while a ping is overdue and send
 * it again in the next session where the `retries` option is on (CC-2).
 */
export function sendEvent(socket: RawSocket, event: string, args: readonly unknown[]): void {
  const internals = socket as unknown as SocketInternals;
  internals.packet({ type: EVENT, data: [event, ...args], options: { compress: true } });
}

/** Lets `change` replace what a connect sends; nothing is sent where it gives nothing. `before` comes before all else that is sent. */
export function interceptPackets(
  socket: RawSocket,
  { change, before }: { change: (auth: object | undefined) => object | undefined; before: () => void },
): void {
  const internals = socket as unknown as SocketInternals;
  const send = internals.packet.bind(socket);
  internals.packet = (packet) => {
    if (packet.type !== CONNECT) {
      before();
      return send(packet);
    }
    const { pid, offset, ...auth } = (packet.data ?? {}) as Record<string, unknown>;
    const recovery = forgetful.delete(socket) || pid === undefined ? {} : { pid, offset };
    const changed = change(auth);
    if (changed) send({ ...packet, data: { ...recovery, ...changed } });
  };
}

/** Sends bytes as a message of the connection by itself, which no packet of Socket.IO is. */
export function sendBytes(socket: RawSocket, bytes: Uint8Array): void {
  engineOf(socket).write(bytes, { compress: true });
}

/** Its present connection. */
export function engineOf({ io }: RawSocket): RawEngine {
  return (io as unknown as ManagerInternals).engine;
}

/** The decoder of the connection, where that is Socket.IO's own. */
export function decoderOf({ io }: RawSocket): unknown {
  return io.opts.parser ? undefined : ((io as unknown as ManagerInternals).decoder ?? null);
}

/** The next connect is a new one, also where the server could recover the last. */
export function forgetConnection(socket: RawSocket): void {
  forgetful.add(socket);
}

/** The application's listeners of an event, each to be called as if it had come from the server. */
export function localListeners(socket: RawSocket, event: string): readonly ((...args: unknown[]) => unknown)[] {
  const listeners = socket.listeners(event) as ((...args: unknown[]) => unknown)[];
  // Those that listen once take themselves off `this`.
  return listeners.map((listener) => listener.bind(socket));
}
