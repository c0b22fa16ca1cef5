import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The whole application, in processes of its own as `npm run pkg-stats` starts them. */
export interface TestApp {
  readonly url: string;
  /** As when it crashes. */
  killWorker(): Promise<void>;
  close(): Promise<void>;
}

const start = fileURLToPath(new URL('../../dist/start.js', import.meta.url));

/** `settings` as environment variables, without what their names begin with. */
export async function startApp(settings: Readonly<Record<string, string>>): Promise<TestApp> {
  const cache = await mkdtemp(join(tmpdir(), 'pkg-stats-'));
  const token = 'known to the tests';
  const given = { PORT: '0', TOKEN: token, CACHE: cache, POLL_EVERY: '200', ...settings };
  const named = Object.entries(given).map(([name, value]) => [`PKG_STATS_${name}`, value]);
  const env = { ...process.env, ...Object.fromEntries(named) };
  const app = fork(start, { env });
  const [{ url }] = (await once(app, 'message')) as [{ readonly url: string }];
  return {
    url,
    killWorker: async () => {
      process.kill(await childOf(app.pid as number, 'worker/run.js'), 'SIGKILL');
    },
    close: async () => {
      const ended = once(app, 'exit');
      app.kill();
      await ended;
      await rm(cache, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The process that runs a script, as Linux lists them. */
async function childOf(pid: number, script: string): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ');
  for (const child of children) {
    if ((await readFile(`/proc/${child}/cmdline`, 'utf8')).includes(script)) return Number(child);
  }
  throw new Error(`No process runs ${script}`);
}
