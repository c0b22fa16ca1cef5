import type { Server as HttpServer } from 'node:http';
import { createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';
import { p2pServerPlugin } from 'socket.io-p2p-plugin/server';
import { type ConnectOptions, connectBare } from '../connect-clients.js';
import { connectOurClient, EVENT, type OurClient, REQUEST } from '../our-client.js';

/** This library, and `io.to(id).emit`, each with both adapters. */
export const CONTESTANTS = ['ours, sharded', 'plain, sharded', 'ours, streams', 'plain, streams'] as const;

export type ContestantName = (typeof CONTESTANTS)[number];

/** One client, whichever way it talks. Only ours looks for others. */
export type ClusterClient = Omit<OurClient, 'look'> & Partial<OurClient>;

/** How long an answer may take, in ms. */
const TIMEOUT = 10_000;

export interface ServeOrder {
  readonly contestant: ContestantName;
  readonly redisUrl: string;
  /** Servers of one group hear each other, and no others. */
  readonly group: string;
}

export async function serve(httpServer: HttpServer, { contestant, redisUrl, group }: ServeOrder): Promise<void> {
  const redis = await connectRedis(redisUrl);
  const adapter = contestant.endsWith('streams')
    ? createStreamsAdapter(redis, { streamName: group, channelPrefix: group })
    : createShardedAdapter(redis, await connectRedis(redisUrl), { channelPrefix: group });
  const io = new Server(httpServer, { adapter });
  if (contestant.startsWith('ours')) p2pServerPlugin(io, { authenticate: false, cluster: { redis, prefix: group } });
  else serveRooms(io);
}

async function connectRedis(url: string) {
  const client = createClient({ url });
  await client.connect();
  return client;
}

/** Every client is in a room of its id: what the adapters are made for. */
function serveRooms(io: Server): void {
  io.on('connection', async (socket) => {
    const clientId: string = socket.handshake.auth.clientId;
    await socket.join(clientId);
    socket.on('relay', (to, payload) => io.to(to).emit(EVENT, clientId, payload));
    socket.on('ask', async (to, payload, answer) => {
      const [first] = await io.to(to).timeout(TIMEOUT).emitWithAck(REQUEST, payload);
      answer(first);
    });
  });
}

export async function connect(name: ContestantName, options: ConnectOptions): Promise<ClusterClient> {
  return name.startsWith('ours') ? connectOurClient(options) : plainOf(options);
}

async function plainOf(options: ConnectOptions): Promise<ClusterClient> {
  const socket = await connectBare(options);
  socket.on(REQUEST, (payload, answer) => answer(payload));
  return {
    send: (to, payload) => socket.emit('relay', to, payload),
    receive: (listener) => socket.on(EVENT, listener),
    request: (to, payload) => socket.emitWithAck('ask', to, payload),
  };
}
