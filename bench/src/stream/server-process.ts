import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveCommands } from '../commands.js';
import { type Memory, ServerMeter, type Usage } from '../server-meter.js';
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

/** In ms. */
const SWEEP_TIME = 100;

const httpServer = createServer();
const meter = new ServerMeter(httpServer);
let most = 0;
let watch: NodeJS.Timeout | undefined;

serveCommands<ServerCommands>({
  async listen(name) {
    contestant(name).serve(httpServer);
    httpServer.listen(0, '127.0.0.1');
    await once(httpServer, 'listening');
    return { port: (httpServer.address() as AddressInfo).port };
  },

  async memory() {
    // V8 frees buffers after the collection that found them dead, and counts them until then.
    meter.memory();
    await sleep(SWEEP_TIME);
    return meter.memory();
  },

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
