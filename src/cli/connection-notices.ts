import type { P2PClientSocket } from '../client/p2p-client-plugin.js';
import type { ErrorCode } from '../protocol/error-codes.js';
import { SERVER_ERROR } from '../protocol/event-names.js';
import { isWireError, type P2PError, readWireError } from '../protocol/p2p-error.js';
import { CliError, describeError } from './cli-error.js';

/** Errors after which the relay will not have this client again. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  'AUTH_FAILED',
  'CLIENT_ID_INVALID',
  'CLIENT_ID_MISMATCH',
  'CLIENT_ID_REQUIRED',
  'CLIENT_ID_RESERVED',
  'POLICY_VIOLATION',
  'SESSION_KICKED',
  'SESSION_REMOVED',
  'SESSION_REPLACED',
  'VERSION_UNSUPPORTED',
]);

/** Ends of a session after which the plugin connects again, though Socket.IO would not. */
const PASSING: ReadonlySet<ErrorCode> = new Set(['SESSION_EXPIRED', 'SESSION_TOO_SLOW']);

export interface ConnectionListener {
  /** A line about the connection. */
  notice(text: string): void;
  /** It will not come again. */
  ended(error: Error): void;
}

/** Tells how the connection of a client that waits for others fares. Returns a way to stop. */
export function noticeConnection(socket: P2PClientSocket, { notice, ended }: ConnectionListener): () => void {
  let comesBack = false;
  const disconnected = (reason: string) => {
    if (socket.active || comesBack) notice(`disconnected (${reason})`);
    else ended(new CliError(`the relay has closed the connection (${reason})`));
  };
  const refused = (error: Error & { data?: unknown }) => {
    if (socket.active) return;
    if (!isWireError(error.data)) return ended(new CliError(`the relay refused the connection: ${error.message}`));
    // The plugin tries again after some of the refusals by the relay itself. They come as SERVER_ERROR too.
    const refusal = readWireError(error.data);
    if (!refusal.retryable) ended(refusal);
  };
  const connected = () => {
    comesBack = false;
    notice('connected again');
  };
  const failed = (error: P2PError) => {
    if (PASSING.has(error.code)) comesBack = true;
    if (FINAL.has(error.code)) ended(error);
    else notice(describeError(error));
  };
  socket.on('disconnect', disconnected).on('connect_error', refused).on('connect', connected).on(SERVER_ERROR, failed);
  return () => {
    socket.off('disconnect', disconnected).off('connect_error', refused).off('connect', connected);
    socket.off(SERVER_ERROR, failed);
  };
}
