import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { exitSoon } from './exit-soon.js';
import { howToTalkTo } from './how-to-talk-to.js';
import { type ListenAddress, listenAt } from './listen-at.js';
import { loadClusterAdapter, loadSticky } from './load-peer-dependency.js';
import { stopReadingWhenPassedOn } from './stop-reading.js';
import { untilSignal } from './until-signal.js';
import { WorkerPool } from './worker-pool.js';

export interface WorkersOptions extends ListenAddress {
  /** How many processes. */
  readonly workers: number;
  /** Joins them, and others, by a Redis, instead of this process. */
  readonly redis?: string;
}

/** One relay of several processes: this one takes the connections, and each client stays with one of the others. */
export async function serveByWorkers({ workers, redis, ...address }: WorkersOptions): Promise<void> {
  const { setupMaster } = await loadSticky();
  cluster.setupPrimary({
    exec: fileURLToPath(new URL('./worker-process.js', import.meta.url)),
    args: [],
    serialization: 'advanced',
  });
  if (redis === undefined) (await loadClusterAdapter()).setupPrimary();
  const httpServer = createServer();
  const pool = new WorkerPool(redis);
  // Those that have not started yet would lose it. Clients come again.
  httpServer.on('connection', (socket) => pool.isReady || socket.destroy());
  setupMaster(httpServer);
  stopReadingWhenPassedOn(httpServer);
  await pool.start(workers);
  try {
    console.log(howToTalkTo(await listenAt(httpServer, address), pool.pids));
    await untilSignal();
    console.log('closing');
    httpServer.close();
  } finally {
    await pool.close();
    httpServer.closeAllConnections();
    // Connections that were on their way to a process when it was killed stay open.
    exitSoon();
  }
}
