import { runPart } from '../run-part.js';
import { startWorker } from './registry-worker.js';

/** The process of a registry worker: `node dist/worker/run.js`. */
const { id } = await runPart('worker', startWorker);
console.log(`ready ${id}`);
