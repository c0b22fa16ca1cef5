import { internalsOf } from './connection.js';
import type { RawServerSocket } from './raw-server.js';

interface Refusable {
  /** Tells the client that a middleware has refused it. */
  _error(error: unknown): void;
}

/** Calls back when a middleware refuses the client, or it disconnects, also after it has got in; perhaps twice. */
export function whenKeptOut(socket: RawServerSocket, callback: () => void): void {
  const refusable = socket as unknown as Refusable;
  const refuse = refusable._error;
  const keptOut = () => {
    socket.conn.off('close', keptOut);
    socket.off('disconnect', keptOut);
    callback();
  };
  refusable._error = (error) => {
    keptOut();
    refuse.call(socket, error);
  };
  // Of a connection that is closed already Socket.IO tells nobody.
  if (internalsOf(socket.conn).readyState !== 'open') return callback();
  socket.conn.once('close', keptOut);
  socket.once('disconnect', keptOut);
}
