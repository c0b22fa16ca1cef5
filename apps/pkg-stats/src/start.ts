import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { readSettings } from './settings.js';

/** What the parts of the application are, each a process of its own. */
const PARTS = { web: './web/run.js', worker: './worker/run.js', webhook: './webhook/run.js' } as const;

/** Before a part is started again, in ms; twice as long each time that it ends sooner than that lasts. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;

type Part = keyof typeof PARTS;

/** Starts web server with relay, worker, and, where it is set up, the webhook client. They end with this process. */
async function start(): Promise<void> {
  const settings = readSettings(process.env);
  const token = settings.token ?? randomBytes(24).toString('base64url');
  const env = { ...process.env, PKG_STATS_TOKEN: token };
  const web = run('web', env);
  // Without it there is nothing for the others to do.
  web.once('exit', (code) => process.exit(code ?? 1));
  const [{ url }] = (await once(web, 'message')) as [{ readonly url: string }];
  process.send?.({ url });
  const others: Part[] = settings.webhook ? ['worker', 'webhook'] : ['worker'];
  for (const part of others) keepRunning(part, { ...env, PKG_STATS_RELAY: url });
}

function run(part: Part, env: NodeJS.ProcessEnv): ChildProcess {
  return fork(fileURLToPath(new URL(PARTS[part], import.meta.url)), { env });
}

/** The site goes on without it for a while: it says what is missing. */
function keepRunning(part: Part, env: NodeJS.ProcessEnv, pause = FIRST_PAUSE): void {
  const startedAt = performance.now();
  run(part, env).once('exit', (code, signal) => {
    const hasRun = performance.now() - startedAt > LONGEST_PAUSE;
    const wait = hasRun ? FIRST_PAUSE : pause;
    console.error(`The ${part} has ended (${signal ?? code}); it is started again in ${wait / 1_000} s`);
    setTimeout(() => keepRunning(part, env, Math.min(2 * wait, LONGEST_PAUSE)), wait);
  });
}

for (const end of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.once(end, () => process.exit());

start().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
