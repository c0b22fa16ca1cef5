import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { readSettings } from './settings.js';

/** What the parts of the application are, each a process of its own. */
const PARTS = { web: './web/run.js', worker: './worker/run.js', webhook: './webhook/run.js' } as const;

/** Starts web server with relay, worker, and, where it is set up, the webhook client; one that ends, ends all. */
async function start(): Promise<void> {
  const settings = readSettings(process.env);
  const token = settings.token ?? randomBytes(24).toString('base64url');
  const run = (part: keyof typeof PARTS, env: NodeJS.ProcessEnv = {}) => {
    const script = fileURLToPath(new URL(PARTS[part], import.meta.url));
    const child = fork(script, { env: { ...process.env, PKG_STATS_TOKEN: token, ...env } });
    // The others end with this process, as it is their parent.
    child.once('exit', (code) => process.exit(code ?? 1));
    return child;
  };
  const [{ url }] = (await once(run('web'), 'message')) as [{ readonly url: string }];
  process.send?.({ url });
  run('worker', { PKG_STATS_RELAY: url });
  if (settings.webhook) run('webhook', { PKG_STATS_RELAY: url });
}

for (const end of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.once(end, () => process.exit());

start().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
