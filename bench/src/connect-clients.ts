import { io, type Socket } from 'socket.io-client';
import { type P2PClientSocket, p2pClientPlugin } from 'socket.io-p2p-plugin/client';

/** Whom to connect, and where to. */
export interface ConnectOptions {
  readonly port: number;
  readonly clientId: string;
  /** For what goes wrong in between. */
  readonly failed: (error: Error) => void;
}

/** No reconnects: a lost connection is a failed run. */
const SOCKET_OPTIONS = { transports: ['websocket'], forceNew: true, reconnection: false };

/** A client with this library. Settles when others can reach it. */
export async function connectOurs(
  { port, clientId, failed }: ConnectOptions,
  { isService = false, frames = true }: { readonly isService?: boolean; readonly frames?: boolean } = {},
): Promise<P2PClientSocket> {
  const socket = p2pClientPlugin(io(urlOf(port), SOCKET_OPTIONS), clientId, { timeout: 30_000, isService, frames });
  socket.on('SERVER_ERROR', failed);
  // Only the router can answer, so the session has begun.
  await socket.isClientConnected(clientId);
  socket.on('disconnect', (reason) => failed(new Error(`${clientId} was disconnected: ${reason}`)));
  return socket;
}

/** A client with Socket.IO alone. Settles when it is connected. */
export async function connectBare({ port, clientId, failed }: ConnectOptions): Promise<Socket> {
  const socket = io(urlOf(port), { ...SOCKET_OPTIONS, auth: { clientId } });
  await new Promise<void>((resolve, reject) => {
    socket.on('connect', resolve);
    socket.on('connect_error', reject);
  });
  socket.on('disconnect', (reason) => failed(new Error(`${clientId} was disconnected: ${reason}`)));
  return socket;
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}
