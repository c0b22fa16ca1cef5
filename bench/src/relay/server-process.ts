import { createServer } from 'node:http';
import { serveCommands } from '../commands.js';
import { listen } from '../listen.js';
import { type Memory, settledMemory } from '../memory.js';
import { ServerMeter, type Usage } from '../server-meter.js';
import { type AnyContestantName, contestant } from './contestants.js';

export interface ServerCommands {
  listen(name: AnyContestantName): Promise<{ readonly port: number }>;
  /** What stays after a garbage collection. */
  memory(): Promise<Memory>;
  startCounting(): void;
  usage(): Usage;
}

const httpServer = createServer();
const meter = new ServerMeter(httpServer);

serveCommands<ServerCommands>({
  listen(name) {
    contestant(name).serve(httpServer);
    return listen(httpServer);
  },

  memory: settledMemory,
  startCounting: () => meter.startCounting(),
  usage: () => meter.usage(),
});
