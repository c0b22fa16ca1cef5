import { internalsOf } from './connection.js';
import type { RawServerSocket } from './raw-server.js';

interface Refusable {
  /** Tells the client that a middleware has refused it. */
  _error(error: unknown): void;
}

/** Calls back when a middleware refuses the client, or its connection ends, also after it has got in; perhaps twice. */
export function whenKeptOut(socket: RawServerSocket, callback: () => void): void {
  const refusable = socket as unknown as Refusable;
  const refuse = refusable._error;
  refusable._error = (error) => {
    callback();
    refuse.call(socket, error);
  };
  // Of a connection that is closed already Socket.IO tells nobody.
  if (internalsOf(socket.conn).readyState === 'open') socket.conn.once('close', callback);
  else callback();
}
