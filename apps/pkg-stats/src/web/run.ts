import { runPart } from '../run-part.js';
import { startWebServer } from './web-server.js';

/** The process of the web server: `node dist/web/run.js`. */
const { url } = await runPart('web', (settings) => startWebServer(settings).catch(explain));
console.log(`ready ${url}`);
process.send?.({ url });

function explain(error: unknown): never {
  const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  throw isTaken ? new Error('The port is in use: set PKG_STATS_PORT to another') : error;
}
