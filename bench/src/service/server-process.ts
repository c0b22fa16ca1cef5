import { createServer } from 'node:http';
import { serveCommands } from '../commands.js';
import { listen } from '../listen.js';
import { type Memory, settledMemory } from '../memory.js';
import { monotonicTime } from '../monotonic-time.js';
import { ServerMeter, type Usage } from '../server-meter.js';
import { type ContestantName, contestant } from './contestants.js';

export interface ServerCommands {
  listen(name: ContestantName): Promise<{ readonly port: number }>;
  /** What stays after garbage collections. */
  memory(): Promise<Memory>;
  startCounting(): void;
  usage(): Usage;
  /** Settles, if it has not happened yet, when a connection closes. Gives when that was, by `monotonicTime`. */
  firstClosed(): Promise<number>;
}

const httpServer = createServer();
const meter = new ServerMeter(httpServer);
let sawClosed: (at: number) => void = () => {};
const firstClosed = new Promise<number>((resolve) => {
  sawClosed = resolve;
});

serveCommands<ServerCommands>({
  listen(name) {
    contestant(name)
      .serve(httpServer)
      // Before anything else learns of it: what the plugin does then is in the time that is taken.
      .on('connection', ({ conn }) => conn.prependListener('close', () => sawClosed(monotonicTime())));
    return listen(httpServer);
  },

  memory: settledMemory,
  startCounting: () => meter.startCounting(),
  usage: () => meter.usage(),
  firstClosed: () => firstClosed,
});
