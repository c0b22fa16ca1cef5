import { runPart } from '../run-part.js';
import { startWebhookClient } from './webhook-client.js';

/** The process of the webhook client: `node dist/webhook/run.js`. */
const includesFirst = process.env.PKG_STATS_WEBHOOK_FIRST === '1';
await runPart('webhook', (settings) => startWebhookClient(settings, { includesFirst }));
