import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const script = fileURLToPath(new URL('../../dist/web/run.js', import.meta.url));

function run(settings: Record<string, string>): ChildProcess {
  const child = fork(script, { env: { ...process.env, PKG_STATS_TOKEN: 'a token', ...settings }, silent: true });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function failureOf(settings: Record<string, string>) {
  const child = run(settings);
  const [said, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
  return { said, code };
}

describe('the process of the web server', () => {
  it.each([
    ['SIGTERM', (child: ChildProcess) => child.kill('SIGTERM')],
    ['SIGINT', (child: ChildProcess) => child.kill('SIGINT')],
    ['the end of its parent', (child: ChildProcess) => child.disconnect()],
  ])('says where it listens, and ends by %s', async (_name, end) => {
    const child = run({ PKG_STATS_PORT: '0' });
    const [[{ url }], [line]] = await Promise.all([once(child, 'message'), once(child.stdout!, 'data')]);
    expect(String(line)).toBe(`ready ${url}\n`);
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok', workers: 0 });
    end(child);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('says which setting is wrong, in a line', async () => {
    const { said, code } = await failureOf({ PKG_STATS_PORT: 'x' });
    expect(said).toMatch(/^pkg-stats web: PKG_STATS_PORT [^\n]+\n$/);
    expect(code).toBe(1);
  });

  it('says that its port is in use, in a line', async () => {
    const other = createServer().listen(0);
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { said, code } = await failureOf({ PKG_STATS_PORT: String((other.address() as AddressInfo).port) });
    expect(said).toMatch(/^pkg-stats web: The port is in use[^\n]+\n$/);
    expect(code).toBe(1);
  });
});
