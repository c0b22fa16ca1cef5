import type { RawNamespace, RawServerSocket } from './raw-server.js';

/** A connection of engine.io, shared by the namespaces that a client has joined. */
export type Connection = RawServerSocket['conn'];

export interface WriteOptions {
  readonly compress: boolean;
  /** What a websocket is to send as it is; where it compresses, and by other transports, it is not looked at. */
  wsPreEncodedFrame: readonly Buffer[] | undefined;
}

/** What the library uses of one beyond its public types. */
export interface ConnectionInternals {
  readonly readyState: string;
  /** The version of its protocol: in 4 it is the server that sends pings. */
  readonly protocol: number;
  /** What waits until the transport can be written to; when it is flushed, another list takes its place. */
  readonly writeBuffer: readonly { readonly data?: unknown }[];
  readonly transport: {
    readonly name: string;
    readonly writable: boolean;
    /** Set where a websocket may compress. */
    readonly perMessageDeflate?: unknown;
    /** The same in other versions of engine.io. */
    readonly opts?: { readonly perMessageDeflate?: unknown };
    /** Of a websocket. */
    readonly socket?: {
      readonly bufferedAmount?: number;
      /** Of `ws`: with it engine.io sends frames that were made before. */
      readonly _sender?: { readonly sendFrame?: unknown };
      /** Of `ws`: what takes apart that which comes. */
      readonly _receiver?: unknown;
      pause?(): void;
      resume?(): void;
      terminate?(): void;
    };
  };
  /** `packetCreate`: something is about to be written. */
  on(event: 'packet' | 'close' | 'packetCreate', listener: (this: Connection) => void): void;
  /** It has another transport. */
  once(event: 'upgrade', listener: () => void): void;
  off(event: 'packet' | 'close' | 'packetCreate', listener: (this: Connection) => void): void;
  listenerCount(event: 'packetCreate'): number;
  sendPacket(type: 'ping'): void;
  /** `written` is called when it has been handed to the network; perhaps not where the connection is lost. */
  write(data: unknown, options: WriteOptions, written?: () => void): void;
}

export function internalsOf(connection: Connection): ConnectionInternals {
  return connection as unknown as ConnectionInternals;
}

/** What is used of a `Client`, which joins a connection to its namespaces. */
interface ClientInternals {
  readonly decoder?: unknown;
  /** What it listens to a connection with: a fault in the data closes that. */
  ondata(data: unknown): void;
  readonly server: { readonly opts: { readonly parser?: unknown } };
}

/** Socket.IO's own default for `maxHttpBufferSize`, in bytes. */
const DEFAULT_MAX_PACKET = 1_000_000;

/** Largest message that the server of a namespace takes from a client, in bytes. */
export function maxPacketOf({ server }: RawNamespace): number {
  const { opts } = server as unknown as { readonly opts: { readonly maxHttpBufferSize?: number } };
  return opts.maxHttpBufferSize ?? DEFAULT_MAX_PACKET;
}

/** The decoder of its connection, where that is Socket.IO's own. */
export function decoderOf({ client }: RawServerSocket): unknown {
  const { decoder, server } = client as unknown as ClientInternals;
  return server.opts.parser ? undefined : decoder;
}

/** Has Socket.IO take data as if its connection had received it now. */
export function receive({ client }: RawServerSocket, data: unknown): void {
  (client as unknown as ClientInternals).ondata(data);
}
