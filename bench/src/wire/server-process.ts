import { createServer } from 'node:http';
import { serveCommands } from '../commands.js';
import { listen } from '../listen.js';
import { collectedMemory, type Memory } from '../memory.js';
import { contestant } from '../relay/contestants.js';
import { ServerMeter, type Usage } from '../server-meter.js';
import { switchOff } from '../trick/tricks.js';
import { serveOriginal } from './original.js';
import { serveRawWs } from './raw-ws-wire.js';
import type { AnyWireName } from './wires.js';

export interface WireServerCommands {
  listen(name: AnyWireName): Promise<{ readonly port: number }>;
  /** What stays after a garbage collection. */
  memory(): Memory;
  startCounting(): void;
  usage(): Usage;
}

const httpServer = createServer();
const meter = new ServerMeter(httpServer);

serveCommands<WireServerCommands>({
  listen(name) {
    if (name === 'raw ws') serveRawWs(httpServer);
    else if (name === 'original') serveOriginal(httpServer);
    else if (name.startsWith('hand-written')) contestant('hand-written').serve(httpServer);
    // With identity, permission and limits: what they may cost is part of what is measured.
    else switchOff(contestant('authorize, cached').serve(httpServer), name);
    return listen(httpServer);
  },

  memory: collectedMemory,
  startCounting: () => meter.startCounting(),
  usage: () => meter.usage(),
});
