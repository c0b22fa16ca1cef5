import type { Namespace, Server, Socket } from 'socket.io';

// Socket.IO's generics are invariant, so only `any` takes in every typed server and socket.

// biome-ignore lint/suspicious/noExplicitAny: see above
export type RawServer = Server<any, any, any, any>;
// biome-ignore lint/suspicious/noExplicitAny: see above
export type RawNamespace = Namespace<any, any, any, any>;
// biome-ignore lint/suspicious/noExplicitAny: see above
export type RawServerSocket = Socket<any, any, any, any>;

interface SocketInternals {
  /** The application's middleware for packets. */
  readonly fns?: readonly unknown[];
  _onpacket(packet: { type: number; data?: unknown }): void;
  readonly acks: Map<number, () => void>;
}

interface NamespaceInternals {
  /** The id of the next acknowledgement. */
  readonly _ids: number;
}

/** The packet type DISCONNECT. */
const DISCONNECT = 1;

export interface PacketGuard {
  /** Arguments of an event. */
  readonly most: number;
  /** One with more has been dropped. */
  readonly dropped: (socket: RawServerSocket) => void;
  /** An event is about to be handed on. */
  readonly coming: (socket: RawServerSocket, event: unknown) => void;
}

/**
 * Drops packets with more arguments than `most`: Socket.IO calls listeners and acks with `apply`, which
 * overflows the stack at about 120,000 and so ends the process. And keeps a disconnect behind the events that came
 * with it: Socket.IO hands those on in the next tick, and drops them where the socket is gone by then.
 */
export function guardPackets(socket: RawServerSocket, { most, dropped, coming }: PacketGuard): void {
  const internals = socket as unknown as SocketInternals;
  const onPacket = internals._onpacket;
  internals._onpacket = (packet) => {
    if (packet.type === DISCONNECT) return process.nextTick(() => onPacket.call(socket, packet));
    if (Array.isArray(packet.data)) {
      // An event's name comes before its arguments.
      if (packet.data.length > most + 1) return dropped(socket);
      coming(socket, packet.data[0]);
    }
    onPacket.call(socket, packet);
  };
}

/** Whether anybody but this library looks at this event as it comes in: a listener, a catch-all listener or middleware. */
export function isWatched(socket: RawServerSocket, event: string): boolean {
  const { fns } = socket as unknown as SocketInternals;
  return fns?.length !== 0 || socket.listenersAny().length > 0 || socket.listenerCount(event) > 1;
}

/**
 * Runs an emit that asks for an acknowledgement; the function returned ends the wait for it. Socket.IO's ack, when
 * called, clears its own timer; nothing else does, not even the disconnect.
 */
export function settleAcknowledgement(socket: RawServerSocket, emit: () => void): () => void {
  const id = (socket.nsp as unknown as NamespaceInternals)._ids;
  const { acks } = socket as unknown as SocketInternals;
  emit();
  return () => {
    const acknowledge = acks.get(id);
    acks.delete(id);
    acknowledge?.();
  };
}

/** Where connection state recovery keeps, for the application too, whose connection it was. */
const RECOVERABLE_ID = 'p2pClientId';

/**
 * The client id of the connection that was recovered; null if the server had taken it out, undefined if it never
 * had one.
 */
export function recoverableId(socket: RawServerSocket): unknown {
  return (socket.data as Record<string, unknown> | undefined)?.[RECOVERABLE_ID];
}

/** To be set when the socket disconnects, just before recovery stores it: the application may replace `data`. */
export function setRecoverableId(socket: RawServerSocket, clientId: string | null): void {
  socket.data = { ...(socket.data as object | undefined), [RECOVERABLE_ID]: clientId };
}
