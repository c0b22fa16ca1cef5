import { readSettings } from '../settings.js';
import { startWebhookClient } from './webhook-client.js';

/** The process of the webhook client: `node dist/webhook/run.js`. */
try {
  const includesFirst = process.env.PKG_STATS_WEBHOOK_FIRST === '1';
  const { close } = startWebhookClient(readSettings(process.env), { includesFirst });
  const stop = () => {
    close().then(() => process.exit(), fail);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(signal, stop);
} catch (error) {
  fail(error);
}

function fail(error: unknown): void {
  console.error(`pkg-stats webhook: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
