import type { ErrorCode } from '../protocol/error-codes.js';
import { SERVER_ERROR } from '../protocol/event-names.js';
import { isWireError, type P2PError } from '../protocol/p2p-error.js';
import { describeError } from './cli-error.js';
import { type ConnectOptions, connectClient } from './connect-client.js';
import { formatJson, formatName } from './format-json.js';
import { untilSignal } from './until-signal.js';

export interface ListenOptions extends ConnectOptions {
  readonly as: string;
}

/** Errors after which the relay will not have this client again. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  'CLIENT_ID_MISMATCH',
  'CLIENT_ID_REQUIRED',
  'SESSION_REMOVED',
  'SESSION_REPLACED',
  'VERSION_UNSUPPORTED',
]);

/** `p2p listen`: prints what arrives, `SENDER EVENT JSON…`, until SIGINT or SIGTERM. */
export async function listen({ as, ...options }: ListenOptions): Promise<void> {
  const socket = await connectClient(as, options);
  const stop = new AbortController();
  socket.onMessage(({ from, event, args, ack }) => {
    console.log([...[from, event].map(formatName), ...args.map(formatJson)].join(' '));
    ack?.();
  });
  const fail = (message: string) => {
    console.error(`p2p: ${message}`);
    process.exitCode = 1;
    stop.abort();
  };
  socket.on('disconnect', (reason) => {
    console.error(`p2p: disconnected (${reason})`);
    if (!socket.active) fail('the relay has closed the connection');
  });
  socket.on('connect_error', (error: Error & { data?: unknown }) => {
    // Refusals by the relay itself come as SERVER_ERROR, and some of them are tried again.
    if (!socket.active && !isWireError(error.data)) fail(`the relay refused the connection: ${error.message}`);
  });
  socket.on('connect', () => console.error('p2p: connected again'));
  socket.on(SERVER_ERROR, (error: P2PError) => {
    if (FINAL.has(error.code)) fail(describeError(error));
    else console.error(`p2p: ${describeError(error)}`);
  });
  console.error(`p2p: listening as ${as} on ${options.url}`);
  await untilSignal(stop.signal);
  socket.removeAllListeners();
  socket.disconnect();
}
