import { readSettings } from '../settings.js';
import { startWebServer } from './web-server.js';

/** The process of the web server: `node dist/web/run.js`. */
try {
  const { url, close } = await startWebServer(readSettings(process.env));
  const stop = () => {
    close().then(
      () => process.exit(),
      (error: unknown) => fail(error),
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(signal, stop);
  console.log(`ready ${url}`);
  process.send?.({ url });
} catch (error) {
  fail(error);
}

function fail(error: unknown): void {
  const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  const why = isTaken
    ? 'The port is in use: set PKG_STATS_PORT to another'
    : error instanceof Error
      ? error.message
      : error;
  console.error(`pkg-stats web: ${why}`);
  process.exit(1);
}
