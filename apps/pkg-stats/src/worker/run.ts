import { readSettings } from '../settings.js';
import { startWorker } from './registry-worker.js';

/** The process of a registry worker: `node dist/worker/run.js`. */
try {
  // Until it has a relay, there is nothing to close.
  const leave = () => process.exit();
  process.once('disconnect', leave);
  const { id, close } = await startWorker(readSettings(process.env));
  process.off('disconnect', leave);
  const stop = () => {
    close().then(() => process.exit(), fail);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(signal, stop);
  console.log(`ready ${id}`);
} catch (error) {
  fail(error);
}

function fail(error: unknown): void {
  console.error(`pkg-stats worker: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
