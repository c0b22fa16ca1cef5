import { createServer } from 'node:http';
import { serveCommands } from '../commands.js';
import { listen } from '../listen.js';
import { ServerMeter, type Usage } from '../server-meter.js';
import { type ServeOrder, serve } from './contestants.js';

export interface ServerCommands {
  listen(order: ServeOrder): Promise<{ readonly port: number }>;
  startCounting(): void;
  usage(): Usage;
}

const httpServer = createServer();
const meter = new ServerMeter(httpServer);

serveCommands<ServerCommands>({
  async listen(order) {
    await serve(httpServer, order);
    return listen(httpServer);
  },

  startCounting: () => meter.startCounting(),
  usage: () => meter.usage(),
});
