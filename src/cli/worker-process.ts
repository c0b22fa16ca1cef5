// What `p2p serve --workers` runs in each of its processes.

import cluster from 'node:cluster';
import { describeError } from './cli-error.js';
import { exitSoon } from './exit-soon.js';
import { joinByRedis, joinProcesses } from './join-relays.js';
import { loadSticky } from './load-peer-dependency.js';
import { type Relay, startRelay } from './start-relay.js';
import { CLOSE, REDIS_VARIABLE, type WorkerReport } from './worker-report.js';

function report(message: WorkerReport, sent: () => void = () => {}): void {
  process.send?.(message, undefined, {}, sent);
}

function join() {
  const redisUrl = process.env[REDIS_VARIABLE];
  if (!redisUrl) return joinProcesses();
  return joinByRedis(redisUrl, {
    lost: (reason) => report({ type: 'p2p:redis-lost', reason }),
    back: () => report({ type: 'p2p:redis-back' }),
  });
}

async function start(): Promise<Relay> {
  const { setupWorker } = await loadSticky();
  const relay = await startRelay(await join());
  setupWorker(relay.io);
  // Connections come from the primary process. With this they are watched as those of a server that listens.
  relay.httpServer.emit('listening');
  return relay;
}

async function close({ httpServer, close }: Relay): Promise<void> {
  exitSoon();
  await close();
  httpServer.closeAllConnections();
  cluster.worker?.disconnect();
}

// Ctrl+C and service managers signal all processes at once; the primary process says when it is time.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

try {
  const relay = await start();
  process.on('message', ({ type }: { type?: unknown }) => {
    if (type === CLOSE.type) void close(relay);
  });
  report({ type: 'p2p:ready' });
} catch (error) {
  report({ type: 'p2p:failed', reason: describeError(error) }, () => process.exit(1));
}
