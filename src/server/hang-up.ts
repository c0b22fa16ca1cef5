import { type Connection, internalsOf } from './connection.js';
import type { RawServerSocket } from './raw-server.js';

/** How long a client that is hung up on may take what waits for it, in ms. */
const TIME_TO_TAKE = 1_000;

/** Time for a client to agree to the end, in ms. */
const TIME_TO_AGREE = 100;

const cut = new WeakSet<Connection>();

/** Whether it has been cut off: nothing more is to be read. */
export function isCutOff(connection: Connection): boolean {
  return cut.has(connection);
}

/** Closes the whole connection, when what waits has been taken, but soon. */
export function hangUp(socket: RawServerSocket): void {
  const { conn } = socket;
  const timer = setTimeout(() => cutOff(conn), TIME_TO_TAKE).unref();
  internalsOf(conn).on('close', () => clearTimeout(timer));
  socket.disconnect(true);
}

/**
 * Closes the whole connection now: what waits is lost, and with it the memory that it took. Nothing more is read, as a
 * websocket would do until the client agrees to the end.
 */
export function cutOff(connection: Connection): void {
  cut.add(connection);
  const { socket } = internalsOf(connection).transport;
  connection.close(true);
  socket?.pause?.();
  if (socket?.terminate) setTimeout(() => socket.terminate?.(), TIME_TO_AGREE).unref();
}
