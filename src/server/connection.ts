import type { RawServerSocket } from './raw-server.js';

/** A connection of engine.io, shared by the namespaces that a client has joined. */
export type Connection = RawServerSocket['conn'];

/** What the library uses of one beyond its public types. */
export interface ConnectionInternals {
  readonly readyState: string;
  /** The version of its protocol: in 4 it is the server that sends pings. */
  readonly protocol: number;
  /** What waits until the transport can be written to; when it is flushed, another list takes its place. */
  readonly writeBuffer: readonly { readonly data?: unknown }[];
  readonly transport: {
    readonly writable: boolean;
    /** Of a websocket. */
    readonly socket?: { readonly bufferedAmount?: number; pause?(): void; terminate?(): void };
  };
  on(event: 'packet' | 'close', listener: () => void): void;
  off(event: 'packet' | 'close', listener: () => void): void;
  sendPacket(type: 'ping'): void;
}

export function internalsOf(connection: Connection): ConnectionInternals {
  return connection as unknown as ConnectionInternals;
}
