import { createServer } from 'node:http';
import { serveCommands } from '../commands.js';
import { listen } from '../listen.js';
import { type Memory, settledMemory } from '../memory.js';
import { ServerMeter, type Usage } from '../server-meter.js';
import { type ContestantName, contestant } from './contestants.js';

export interface ServerCommands {
  listen(name: ContestantName): Promise<{ readonly port: number }>;
  /** What stays after garbage collections. */
  memory(): Promise<Memory>;
  startCounting(): void;
  usage(): Usage;
  /** Looks at the RSS from now on, many times a second. */
  watchMemory(): void;
  /** The most that it has been since then, in bytes. */
  mostRss(): number;
}

/** In ms. */
const WATCH_INTERVAL = 20;

const httpServer = createServer();
const meter = new ServerMeter(httpServer);
let most = 0;
let watch: NodeJS.Timeout | undefined;

serveCommands<ServerCommands>({
  listen(name) {
    contestant(name).serve(httpServer);
    return listen(httpServer);
  },

  memory: settledMemory,
  startCounting: () => meter.startCounting(),
  usage: () => meter.usage(),

  watchMemory() {
    most = process.memoryUsage.rss();
    watch ??= setInterval(look, WATCH_INTERVAL);
  },

  mostRss() {
    look();
    clearInterval(watch);
    watch = undefined;
    return most;
  },
});

function look(): void {
  most = Math.max(most, process.memoryUsage.rss());
}
