import type { Socket } from 'socket.io-client';
import { expect } from 'vitest';
import { type P2PClientOptions, p2pClientPlugin } from '../../../src/client/p2p-client-plugin.js';
import type { P2PServerStats } from '../../../src/server/operator-calls.js';
import { type ClientOptions, connected, next, rawSocketTo, type TestClient } from '../../support/relay.js';
import { startChild } from './child.js';
import { overhear, type PacketListener } from './overhear.js';

/** In the stats of a server, where no client has anything open. */
export const NOTHING_OPEN = {
  services: 0,
  requests: 0,
  streams: 0,
  pairs: 0,
  watches: 0,
  subscriptions: 0,
  topics: 0,
} as const satisfies Partial<P2PServerStats>;

export interface RelayProcessOptions {
  /** Of the Socket.IO server, as far as JSON goes. */
  readonly socketIo?: object;
  /** Of the plugin, as far as JSON goes. */
  readonly plugin?: object;
  /** Nothing can be added to the prototypes of everything. */
  readonly frozen?: boolean;
  /** Its hooks throw all they know, by what `auth.how` and the event say. What it publishes to operators is kept. */
  readonly leaky?: boolean;
}

/** A relay with the built package as a process of its own, with a service `clock`. */
export interface RelayProcess {
  readonly port: number;
  readonly url: string;
  /** After a collection of garbage, in bytes. */
  memory(): Promise<NodeJS.MemoryUsage>;
  clients(): Promise<string[]>;
  socketIds(): Promise<Record<string, string>>;
  /** What the server counts. */
  stats(): Promise<P2PServerStats>;
  /** What operators could hear on the channel, as JSON: of a leaky one. */
  published(): Promise<string[]>;
  kick(clientId: string, reason?: string): Promise<boolean>;
  /** Exceptions and rejections that nobody caught. */
  faults(): Promise<string[]>;
  /** How often the API `echo` was called. */
  calls(): Promise<number>;
  /** It subscribes itself. */
  subscribe(service: string, topic: string): Promise<void>;
  /** What its own subscription heard. */
  heard(): Promise<string[]>;
  /** Names that every object has inherited. */
  polluted(): Promise<string[]>;
  emitError(clientId: string, text: string): Promise<void>;
  /** All that it wrote to stdout and stderr. */
  readonly written: string;
  connect(clientId: string, options?: ClientOptions, plugin?: P2PClientOptions): Promise<TestClient>;
  /** The same, and all packets that come to it are heard. */
  connectTapped(clientId: string, listener: PacketListener, plugin?: P2PClientOptions): Promise<TestClient>;
  connectPlain(clientId: string, options?: ClientOptions): Promise<Socket>;
  /** It runs, nothing was left uncaught, and a new client is served by it. */
  stillServes(): Promise<void>;
}

export async function startRelayProcess(options: RelayProcessOptions = {}): Promise<RelayProcess> {
  const child = await startChild('relay-child.js', options);
  const port = await child.ask<number>('port');
  const url = `http://localhost:${port}`;
  let newcomers = 0;
  const relay: RelayProcess = {
    port,
    url,
    memory: () => child.ask('memory'),
    clients: () => child.ask('clients'),
    socketIds: () => child.ask('socketIds'),
    stats: () => child.ask('stats'),
    published: () => child.ask('published'),
    kick: (clientId, reason) => child.ask('kick', clientId, reason),
    faults: () => child.ask('faults'),
    calls: () => child.ask('calls'),
    subscribe: (service, topic) => child.ask('subscribe', service, topic),
    heard: () => child.ask('heard'),
    polluted: () => child.ask('polluted'),
    emitError: (clientId, text) => child.ask('emitError', clientId, text),
    get written() {
      return child.written;
    },
    connect: (clientId, client, plugin) => connected(p2pClientPlugin(rawSocketTo(url, client), clientId, plugin)),
    connectTapped: (clientId, listener, plugin) => {
      const socket = rawSocketTo(url);
      overhear(socket, listener);
      return connected(p2pClientPlugin(socket, clientId, plugin));
    },
    connectPlain: async (clientId, client) => {
      const socket = rawSocketTo(url, { query: { clientId }, ...client });
      await next(socket, 'connect');
      return socket;
    },
    stillServes: async () => {
      expect(await relay.faults()).toEqual([]);
      const newcomer = await relay.connect(`newcomer-${++newcomers}`);
      expect(await newcomer.callService('clock', 'echo', newcomers)).toEqual([newcomers]);
      newcomer.disconnect();
    },
  };
  return relay;
}
