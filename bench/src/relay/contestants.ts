import type { Server as HttpServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import { type P2PServerOptions, p2pServerPlugin } from 'socket.io-p2p-plugin/server';
import { type ConnectOptions, connectBare } from '../connect-clients.js';
import { connectOurClient, EVENT, type OurClient } from '../our-client.js';
import { POLICY_OPTIONS, type PolicyName } from './policies.js';

/** This library, and what one would write in its place with Socket.IO alone. */
export const CONTESTANTS = ['ours', 'hand-written'] as const;

export type ContestantName = (typeof CONTESTANTS)[number];

/** Where clients do nothing but stay connected. */
export const IDLE_CONTESTANTS = [...CONTESTANTS, 'bare'] as const;

export type IdleContestantName = (typeof IDLE_CONTESTANTS)[number];

/** Those of the messages, of idle clients, and of what is asked before. */
export type AnyContestantName = IdleContestantName | PolicyName;

/** One connected client, whichever way it talks. Only ours asks. */
export type RelayClient = Pick<OurClient, 'send' | 'receive'> & Partial<Pick<OurClient, 'request'>>;

/** Both halves of a relay. */
interface Contestant {
  serve(httpServer: HttpServer): Server;
  /** Settles when the client can be reached by others. */
  connect(options: ConnectOptions): Promise<RelayClient>;
}

function ours(serverOptions: P2PServerOptions): Contestant {
  return {
    serve: (httpServer) => p2pServerPlugin(new Server(httpServer), serverOptions),

    connect: connectOurClient,
  };
}

const handWritten: Contestant = {
  serve: (httpServer) => {
    const sockets = new Map<string, Socket>();
    return new Server(httpServer).on('connection', (socket) => {
      const clientId: string = socket.handshake.auth.clientId;
      sockets.set(clientId, socket);
      socket.on('relay', (to, event, payload) => sockets.get(to)?.emit(event, clientId, payload));
      socket.on('disconnect', () => sockets.delete(clientId));
    });
  },

  async connect(options) {
    const socket = await connectBare(options);
    return {
      send: (to, payload) => socket.emit('relay', to, EVENT, payload),
      receive: (listener) => socket.on(EVENT, listener),
    };
  },
};

/** Socket.IO with nothing on it, so nobody is reached. */
const bare: Contestant = { ...handWritten, serve: (httpServer) => new Server(httpServer) };

export function contestant(name: AnyContestantName): Contestant {
  if (name === 'hand-written') return handWritten;
  if (name === 'bare') return bare;
  return ours(name === 'ours' ? { authenticate: false } : POLICY_OPTIONS[name]);
}
