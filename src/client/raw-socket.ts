import type { Socket } from 'socket.io-client';

/**
 * A `socket.io-client` socket of any event types.
 * Socket.IO's generics are invariant, so only `any` takes in every typed socket.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type RawSocket = Socket<any, any>;

/** What Socket.IO itself uses to send a packet: nothing is buffered, retried or shown to outgoing listeners. */
interface PacketSender {
  packet(packet: { type: number; data: unknown[]; options: { compress: boolean } }): void;
}

/** The packet type EVENT of socket.io-protocol; the encoder makes it BINARY_EVENT by itself. */
const EVENT = 2;

/**
 * Sends an event past `emit`, which would keep it in a send buffer while a ping is overdue and send
 * it again in the next session where the `retries` option is on (CC-2).
 */
export function sendEvent(socket: RawSocket, event: string, args: readonly unknown[]): void {
  (socket as unknown as PacketSender).packet({ type: EVENT, data: [event, ...args], options: { compress: true } });
}

/** The application's listeners of an event, each to be called as if it had come from the server. */
export function localListeners(socket: RawSocket, event: string): readonly ((...args: unknown[]) => unknown)[] {
  const listeners = socket.listeners(event) as ((...args: unknown[]) => unknown)[];
  // Those that listen once take themselves off `this`.
  return listeners.map((listener) => listener.bind(socket));
}
