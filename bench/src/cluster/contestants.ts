import type { Server as HttpServer } from 'node:http';
import { createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';
import { p2pServerPlugin } from 'socket.io-p2p-plugin/server';
import { type ConnectOptions, connectBare, connectOurs } from '../connect-clients.js';
import type { Payload } from '../relay/payloads.js';

/** This library, and `io.to(id).emit`, each with both adapters. */
export const CONTESTANTS = ['ours, sharded', 'plain, sharded', 'ours, streams', 'plain, streams'] as const;

export type ContestantName = (typeof CONTESTANTS)[number];

/** One client, whichever way it talks. */
export interface ClusterClient {
  send(to: string, payload: Payload): void;
  /** Sets who hears what others send. */
  receive(listener: (from: string, payload: unknown) => void): void;
  /** Settles with the answer: the same payload. */
  request(to: string, payload: Payload): Promise<unknown>;
  /** Of this library alone. Whether such a client is connected anywhere. */
  look?(clientId: string): Promise<boolean>;
}

const EVENT = 'data';
const REQUEST = 'echo';

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
  return name.startsWith('ours') ? oursOf(options) : plainOf(options);
}

async function oursOf(options: ConnectOptions): Promise<ClusterClient> {
  const socket = await connectOurs(options);
  socket.onAny(REQUEST, (_from, payload, answer) => answer(payload));
  return {
    send: (to, payload) => socket.emitTo(to, EVENT, payload),
    receive: (listener) => socket.onAny(EVENT, listener),
    request: (to, payload) => socket.emitToWithAck(to, REQUEST, payload),
    look: (clientId) => socket.isClientConnected(clientId),
  };
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
