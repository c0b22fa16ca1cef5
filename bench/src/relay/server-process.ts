import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { serveCommands } from '../commands.js';
import { type ContestantName, contestant } from './contestants.js';

/** In bytes. */
export interface Memory {
  readonly rss: number;
  readonly heap: number;
}

/** What the server has spent since it was told to start counting. */
export interface Usage {
  /** Of all its threads, user and system time, in µs. */
  readonly cpuMicros: number;
  /** Written to the network, in bytes. */
  readonly bytesSent: number;
  /** Read from the network, in bytes. */
  readonly bytesReceived: number;
}

export interface ServerCommands {
  listen(name: ContestantName): Promise<{ readonly port: number }>;
  /** What stays after a garbage collection. */
  memory(): Memory;
  startCounting(): void;
  usage(): Usage;
}

const connections = new Set<Socket>();
let cpuAtStart = process.cpuUsage();
let trafficAtStart = traffic();

serveCommands<ServerCommands>({
  async listen(name) {
    const httpServer = createServer();
    httpServer.on('connection', (socket) => connections.add(socket));
    contestant(name).serve(httpServer);
    httpServer.listen(0, '127.0.0.1');
    await once(httpServer, 'listening');
    return { port: (httpServer.address() as AddressInfo).port };
  },

  memory() {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    return { rss, heap: heapUsed };
  },

  startCounting() {
    trafficAtStart = traffic();
    cpuAtStart = process.cpuUsage();
  },

  usage() {
    // The CPU first, so that adding up the traffic is not part of it.
    const { user, system } = process.cpuUsage(cpuAtStart);
    const { sent, received } = traffic();
    return {
      cpuMicros: user + system,
      bytesSent: sent - trafficAtStart.sent,
      bytesReceived: received - trafficAtStart.received,
    };
  },
});

function traffic(): { sent: number; received: number } {
  let sent = 0;
  let received = 0;
  for (const { bytesWritten, bytesRead } of connections) {
    sent += bytesWritten;
    received += bytesRead;
  }
  return { sent, received };
}
