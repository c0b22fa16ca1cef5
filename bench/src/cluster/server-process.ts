import { createServer } from 'node:http';
import { serveCommands } from '../commands.js';
import { listen } from '../listen.js';
import { ServerMeter, type Usage } from '../server-meter.js';
import { type ContestantName, serve } from './contestants.js';

export interface ServerCommands {
  listen(order: { readonly contestant: ContestantName; readonly redisUrl: string }): Promise<{ readonly port: number }>;
  startCounting(): void;
  usage(): Usage;
}

const httpServer = createServer();
const meter = new ServerMeter(httpServer);

serveCommands<ServerCommands>({
  async listen({ contestant, redisUrl }) {
    await serve(contestant, httpServer, redisUrl);
    return listen(httpServer);
  },

  startCounting: () => meter.startCounting(),
  usage: () => meter.usage(),
});
