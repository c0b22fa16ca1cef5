import type { P2PClientSocket } from '../client/p2p-client-plugin.js';
import type { ErrorCode } from '../protocol/error-codes.js';
import { SERVER_ERROR } from '../protocol/event-names.js';
import { isWireError, type P2PError } from '../protocol/p2p-error.js';
import { CliError, describeError } from './cli-error.js';

/** Errors after which the relay will not have this client again. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  'CLIENT_ID_INVALID',
  'CLIENT_ID_MISMATCH',
  'CLIENT_ID_REQUIRED',
  'CLIENT_ID_RESERVED',
  'SESSION_REMOVED',
  'SESSION_REPLACED',
  'VERSION_UNSUPPORTED',
]);

export interface ConnectionListener {
  /** A line about the connection. */
  notice(text: string): void;
  /** It will not come again. */
  ended(error: Error): void;
}

/** Tells how the connection of a client that waits for others fares. Returns a way to stop. */
export function noticeConnection(socket: P2PClientSocket, { notice, ended }: ConnectionListener): () => void {
  const disconnected = (reason: string) => {
    if (socket.active) notice(`disconnected (${reason})`);
    else ended(new CliError(`the relay has closed the connection (${reason})`));
  };
  const refused = (error: Error & { data?: unknown }) => {
    // Refusals by the relay itself come as SERVER_ERROR, and some of them are tried again.
    if (!socket.active && !isWireError(error.data)) {
      ended(new CliError(`the relay refused the connection: ${error.message}`));
    }
  };
  const connected = () => notice('connected again');
  const failed = (error: P2PError) => (FINAL.has(error.code) ? ended(error) : notice(describeError(error)));
  socket.on('disconnect', disconnected).on('connect_error', refused).on('connect', connected).on(SERVER_ERROR, failed);
  return () => {
    socket.off('disconnect', disconnected).off('connect_error', refused).off('connect', connected);
    socket.off(SERVER_ERROR, failed);
  };
}
