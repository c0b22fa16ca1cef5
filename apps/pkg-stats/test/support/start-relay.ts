import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { type P2PClientSocket, p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import { type P2PServerOptions, p2pServerPlugin } from 'socket.io-p2p-plugin/server';
import { onTestFinished } from 'vitest';

/** A relay where everybody may do everything unless its options say else, closed with the test. */
export interface TestRelay {
  readonly url: string;
  connect(clientId: string): P2PClientSocket<Socket>;
}

export async function startRelay(options: P2PServerOptions = { authenticate: false }): Promise<TestRelay> {
  const httpServer = createServer();
  const server = new Server(httpServer);
  p2pServerPlugin(server, options);
  await once(httpServer.listen(0, 'localhost'), 'listening');
  onTestFinished(() => server.close());
  const url = `http://localhost:${(httpServer.address() as AddressInfo).port}`;
  return {
    url,
    connect: (clientId) => {
      const socket = p2pClientPlugin(io(url, { forceNew: true }), clientId);
      onTestFinished(() => void socket.disconnect());
      return socket;
    },
  };
}
