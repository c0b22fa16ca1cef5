import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveCommands } from '../commands.js';
import { type Memory, ServerMeter, type Usage } from '../server-meter.js';
import { type ContestantName, contestant } from './contestants.js';

export interface ServerCommands {
  listen(name: ContestantName): Promise<{ readonly port: number }>;
  /** What stays after a garbage collection. */
  memory(): Memory;
  startCounting(): void;
  usage(): Usage;
}

const httpServer = createServer();
const meter = new ServerMeter(httpServer);

serveCommands<ServerCommands>({
  async listen(name) {
    contestant(name).serve(httpServer);
    httpServer.listen(0, '127.0.0.1');
    await once(httpServer, 'listening');
    return { port: (httpServer.address() as AddressInfo).port };
  },

  memory: () => meter.memory(),
  startCounting: () => meter.startCounting(),
  usage: () => meter.usage(),
});
