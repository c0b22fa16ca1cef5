import { Server } from 'socket.io';
import { p2pServerPlugin } from 'socket.io-p2p-plugin/server';
import { connectOurs } from '../connect-clients.js';
import { outletOf, readInto } from './duplex-ends.js';
import type { StreamContestant } from './stream-contestant.js';

const PING = 'ping';

/** This library: Node Duplexes with credit. */
export const ours: StreamContestant = {
  serve: (httpServer) => p2pServerPlugin(new Server(httpServer), { authenticate: false }),

  async connect(options) {
    const { failed } = options;
    const socket = await connectOurs(options);
    socket.onAny(PING, (_from: string, answer: () => void) => answer());
    return {
      open: async (to) => outletOf(await socket.addP2pStream(to), failed),
      accept: (begin) => socket.onAddP2pStream((duplex) => readInto(duplex, begin(duplex), failed)),
      ask: (to) => socket.emitToWithAck(to, PING),
    };
  },
};
