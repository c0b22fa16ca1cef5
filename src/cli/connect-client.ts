import { type P2PClientSocket, p2pClientPlugin } from '../client/p2p-client-plugin.js';
import { SERVER_ERROR } from '../protocol/event-names.js';
import { isWireError, type P2PError, readWireError } from '../protocol/p2p-error.js';
import { CliError } from './cli-error.js';
import { loadSocketIoClient } from './load-peer-dependency.js';

/** How long the relay may take to answer one who leaves, in ms. */
const LEAVING_TIME = 2_000;

export interface ConnectOptions {
  /** Address of the relay. */
  readonly url: string;
  /** In ms. */
  readonly timeout: number;
  /** Tells the relay who this is, beside the client id. A secret. */
  readonly auth?: Readonly<Record<string, unknown>>;
  /** Whether it is a service. Default false. */
  readonly isService?: boolean;
}

/**
 * Connects as a client; a refusal, or no relay at all, is an error at once. What others may ask of it from the first
 * moment is put on by `prepare`.
 */
export async function connectClient(
  clientId: string,
  { url, timeout, auth = {}, isService = false }: ConnectOptions,
  prepare?: (socket: P2PClientSocket) => void,
): Promise<P2PClientSocket> {
  const { io } = await loadSocketIoClient();
  const rawSocket = io(checkUrl(url), { forceNew: true, timeout, autoConnect: false, auth });
  const socket = p2pClientPlugin(rawSocket, clientId, { timeout, isService });
  const refusal = new Promise<never>((_resolve, reject) => {
    socket.once('connect_error', (error: Error) => reject(explain(error, url)));
  });
  // What goes wrong at connect is reported by the promise.
  const ignore = (_error: P2PError) => {};
  socket.on(SERVER_ERROR, ignore);
  prepare?.(socket);
  try {
    socket.connect();
    await Promise.race([socket.isClientConnected(clientId), refusal]);
    return socket;
  } catch (error) {
    socket.disconnect();
    throw error;
  } finally {
    socket.off('connect_error');
    socket.off(SERVER_ERROR, ignore);
  }
}

/**
 * Disconnects when everything that was sent before has been taken by the relay: one whose middleware (`socket.use`)
 * takes its time would drop events that arrive together with a disconnect.
 */
export async function leaveRelay(socket: P2PClientSocket): Promise<void> {
  const { clientId } = socket;
  // Without a connection, there is nothing to wait for.
  if (socket.connected)
    await socket
      .with({ timeout: LEAVING_TIME })
      .isClientConnected(clientId)
      .catch(() => {});
  socket.disconnect();
}

function checkUrl(url: string): string {
  if (/^(https?|wss?):/.test(url) && URL.canParse(url)) return url;
  throw new CliError(`"${url}" is no address: it looks like http://localhost:9000`);
}

function explain(error: Error, url: string): Error {
  const { data, description } = error as Error & { data?: unknown; description?: { message?: string } };
  if (isWireError(data)) return readWireError(data);
  const reason = description?.message ?? error.message;
  return new CliError(`cannot reach a relay at ${url}${reason ? `: ${reason}` : ''}`);
}
