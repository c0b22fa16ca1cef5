import { systemClock } from '../async/clock.js';
import type { RawServerSocket } from './raw-server.js';

/** A connection of engine.io, shared by the namespaces that a client has joined. */
export type Connection = RawServerSocket['conn'];

/** What the library uses of a connection of engine.io beyond its public types. */
interface ConnectionInternals {
  readonly readyState: string;
  /** The version of its protocol: in 4 it is the server that sends pings. */
  readonly protocol: number;
  readonly writeBuffer: readonly { readonly data?: unknown }[];
  readonly transport: {
    readonly writable: boolean;
    /** Of a websocket. */
    readonly socket?: { readonly bufferedAmount?: number; pause?(): void; terminate?(): void };
  };
  on(event: 'packet' | 'close', listener: () => void): void;
  on(event: 'data', listener: (data: unknown) => void): void;
  off(event: 'packet' | 'close', listener: () => void): void;
  sendPacket(type: 'ping'): void;
}

/** What a packet that waits costs beside its data, in bytes: less than what it takes, as streams count theirs apart. */
const PACKET_OVERHEAD = 64;

/** Time for a client to agree to the end, in ms. */
const CLOSING_TIME = 100;

/** How long a client that is hung up on may take what waits for it, in ms. */
const TIME_TO_TAKE = 1_000;

function connectionOf(socket: RawServerSocket): ConnectionInternals {
  return socket.conn as unknown as ConnectionInternals;
}

/** What waits on a socket's connection, whoever wrote it. Nothing is done for it before somebody asks. */
export class ConnectionQueue {
  readonly #socket: RawServerSocket;
  /** The list that was counted last: another one takes its place when it is flushed. */
  #list: ConnectionInternals['writeBuffer'] = [];
  #counted = 0;
  #bytes = 0;

  constructor(socket: RawServerSocket) {
    this.#socket = socket;
  }

  /** In bytes; of text, UTF-16 code units. */
  get bytes(): number {
    const { transport, writeBuffer } = connectionOf(this.#socket);
    if (transport.writable) return 0;
    if (writeBuffer !== this.#list || writeBuffer.length < this.#counted) {
      this.#list = writeBuffer;
      this.#counted = 0;
      this.#bytes = 0;
    }
    for (; this.#counted < writeBuffer.length; this.#counted++) {
      this.#bytes += sizeOf(writeBuffer[this.#counted]?.data) + PACKET_OVERHEAD;
    }
    return this.#bytes + (transport.socket?.bufferedAmount ?? 0);
  }
}

function sizeOf(data: unknown): number {
  if (typeof data === 'string') return data.length;
  return ArrayBuffer.isView(data) ? data.byteLength : 0;
}

const arrived = new WeakMap<ConnectionInternals, { bytes: number }>();

/** What has come over a socket's connection since this was asked last, in bytes as they arrive; 0 the first time. */
export function takeArrivedBytes(socket: RawServerSocket): number {
  const connection = connectionOf(socket);
  const present = arrived.get(connection);
  const bytes = present?.bytes ?? 0;
  if (present) {
    present.bytes = 0;
  } else {
    const count = { bytes: 0 };
    arrived.set(connection, count);
    connection.on('data', (data) => {
      count.bytes += sizeOf(data);
    });
  }
  return bytes;
}

/**
 * Whether anybody is at the other end: it is pinged, and anything that comes within `timeout` ms says so. A client whose
 * protocol knows no such ping is believed.
 */
export function isAlive(socket: RawServerSocket, timeout: number): Promise<boolean> {
  const connection = connectionOf(socket);
  if (connection.protocol !== 4) return Promise.resolve(socket.connected);
  if (!socket.connected || connection.readyState !== 'open') return Promise.resolve(false);
  return new Promise((resolve) => {
    const settle = (alive: boolean) => {
      systemClock.clearTimer(timer);
      connection.off('packet', heard);
      connection.off('close', closed);
      resolve(alive);
    };
    const heard = () => settle(true);
    const closed = () => settle(false);
    const timer = systemClock.setTimer(closed, timeout);
    connection.on('packet', heard);
    connection.on('close', closed);
    connection.sendPacket('ping');
  });
}

/** Closes the whole connection, when what waits has been taken, but soon. */
export function hangUp(socket: RawServerSocket): void {
  const timer = setTimeout(() => cutOff(socket.conn), TIME_TO_TAKE);
  connectionOf(socket).on('close', () => clearTimeout(timer));
  socket.disconnect(true);
}

/**
 * Closes the whole connection now: what waits is lost, and with it the memory that it took. Nothing more is read, as a
 * websocket would do until the client agrees to the end.
 */
export function cutOff(connection: Connection): void {
  const { transport } = connection as unknown as ConnectionInternals;
  connection.close(true);
  const { socket } = transport;
  socket?.pause?.();
  if (socket?.terminate) setTimeout(() => socket.terminate?.(), CLOSING_TIME).unref();
}
