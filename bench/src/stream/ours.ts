import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import { p2pServerPlugin } from 'socket.io-p2p-plugin/server';
import { outletOf, readInto } from './duplex-ends.js';
import { SOCKET_OPTIONS, type StreamContestant } from './stream-contestant.js';

const PING = 'ping';

/** This library: Node Duplexes with credit. */
export const ours: StreamContestant = {
  serve: (httpServer) => p2pServerPlugin(new Server(httpServer)),

  async connect({ port, clientId, failed }) {
    const socket = p2pClientPlugin(io(`http://127.0.0.1:${port}`, SOCKET_OPTIONS), clientId, { timeout: 30_000 });
    socket.on('SERVER_ERROR', failed);
    // Only the router can answer, so the session has begun.
    await socket.isClientConnected(clientId);
    socket.on('disconnect', (reason) => failed(new Error(`${clientId} was disconnected: ${reason}`)));
    socket.onAny(PING, (_from: string, answer: () => void) => answer());
    return {
      open: async (to) => outletOf(await socket.addP2pStream(to), failed),
      accept: (begin) => socket.onAddP2pStream((duplex) => readInto(duplex, begin(duplex), failed)),
      ask: (to) => socket.emitToWithAck(to, PING),
    };
  },
};
