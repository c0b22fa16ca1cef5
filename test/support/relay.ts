import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ServerOptions, Server as SocketIoServer } from 'socket.io';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { onTestFinished } from 'vitest';
import { type P2PClientOptions, type P2PClientSocket, p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { type P2PServerIo, p2pServerPlugin } from '../../src/server/p2p-server-plugin.js';
import type { P2PServerOptions } from '../../src/server/server-options.js';

export type ClientOptions = Partial<ManagerOptions & SocketOptions>;

/** The option of a client whose packets a test looks at: each is an event. */
export const ENVELOPES = { frames: false } as const satisfies P2PClientOptions;

/** A real relay over real sockets, closed with the test. */
export interface TestRelay {
  readonly server: P2PServerIo<SocketIoServer>;
  readonly port: number;
  readonly url: string;
  /** What the server logged. */
  readonly logged: unknown[][];
  /** A plugin client, welcomed by the server. */
  connect(clientId: string, options?: ClientOptions, plugin?: P2PClientOptions): Promise<TestClient>;
  /** A bare `socket.io-client`, connected. */
  connectPlain(clientId: string, options?: ClientOptions): Promise<Socket>;
  /** A bare `socket.io-client` that has not connected yet. */
  rawSocket(options?: ClientOptions): Socket;
}

export type TestClient = P2PClientSocket<Socket> & { readonly errors: P2PError[] };

export interface RelaySetup {
  readonly socketIo?: Partial<ServerOptions>;
  readonly plugin?: P2PServerOptions;
  readonly beforePlugin?: (io: SocketIoServer) => void;
}

export async function startRelay({ socketIo, plugin, beforePlugin }: RelaySetup = {}): Promise<TestRelay> {
  const httpServer = createServer();
  const io = new SocketIoServer(httpServer, socketIo);
  const logged: unknown[][] = [];
  beforePlugin?.(io);
  const server = p2pServerPlugin(io, { logger: { error: (...line) => logged.push(line) }, ...plugin });
  await new Promise<void>((resolve) => httpServer.listen(0, resolve));
  const { port } = httpServer.address() as AddressInfo;
  onTestFinished(() => io.close());
  const url = `http://localhost:${port}`;
  const raw = (options: ClientOptions = {}) => rawSocketTo(url, options);
  return {
    server,
    port,
    url,
    logged,
    rawSocket: raw,
    connect: (clientId, options, pluginOptions) => connected(p2pClientPlugin(raw(options), clientId, pluginOptions)),
    connectPlain: async (clientId, options) => {
      const socket = raw({ query: { clientId }, ...options });
      await next(socket, 'connect');
      return socket;
    },
  };
}

/** A raw socket over websocket, with its own connection, closed with the test. */
export function rawSocketTo(url: string, options: ClientOptions = {}): Socket {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnectionDelay: 10, ...options });
  onTestFinished(() => {
    socket.io.reconnection(false);
    socket.disconnect();
  });
  return socket;
}

/** Waits until the client is welcomed, and collects its `SERVER_ERROR`s. */
export async function connected(socket: P2PClientSocket<Socket>): Promise<TestClient> {
  const errors: P2PError[] = [];
  socket.on('SERVER_ERROR', (error: P2PError) => errors.push(error));
  await socket.isClientConnected(socket.clientId);
  return Object.assign(socket, { errors });
}

/** The arguments of the next event. */
export function next<Args extends unknown[] = unknown[]>(
  emitter: { once(event: string, listener: (...args: never[]) => void): unknown },
  event: string,
): Promise<Args> {
  return new Promise((resolve) => {
    emitter.once(event, (...args: unknown[]) => resolve(args as Args));
  });
}

/** Whatever was sent to the client before this has arrived there afterwards. */
export async function settled(...clients: TestClient[]): Promise<void> {
  for (const client of clients) await client.isClientConnected(client.clientId);
}

/** The same for a plain client. */
export async function plainSettled(...sockets: Socket[]): Promise<void> {
  for (const socket of sockets) await socket.emitWithAck('IS_CLIENT_CONNECTED', { targetClientId: 'anyone' });
}

/** The code with which a promise rejects. */
export async function codeOf(promise: Promise<unknown> | void): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as P2PError).code;
  }
  return 'no error';
}

/** The code of what a call throws. */
export function thrownBy(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as P2PError).code;
  }
  return 'no error';
}
