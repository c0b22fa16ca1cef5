import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Brokers that are not written in JavaScript. */
export const FOREIGN = {
  nats: {
    command: 'nats-server',
    config: (port: number) => `host: 127.0.0.1\nport: ${port}\nmax_payload: 8MB\n`,
    args: (file: string) => ['-c', file],
  },
  mosquitto: {
    command: 'mosquitto',
    config: (port: number) => `listener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n`,
    args: (file: string) => ['-c', file],
  },
} as const;

export type ForeignName = keyof typeof FOREIGN;

/** Time for it to listen, in ms. */
const PATIENCE = 10_000;

/** A server that is a program of its own, on a free port. */
export class ForeignServer {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly port: number;

  private constructor(child: ChildProcess, folder: string, port: number) {
    this.#child = child;
    this.#folder = folder;
    this.port = port;
  }

  static isInstalled(name: ForeignName): boolean {
    return spawnSync(FOREIGN[name].command, ['-h']).error === undefined;
  }

  static async start(name: ForeignName, failed: (error: Error) => void): Promise<ForeignServer> {
    const { command, config, args } = FOREIGN[name];
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'bench-'));
    const file = join(folder, 'server.conf');
    await writeFile(file, config(port));
    const child = spawn(command, args(file), { stdio: 'ignore' });
    child.on('error', failed);
    await listening(port);
    return new ForeignServer(child, folder, port);
  }

  /** User and system time of all its threads so far, in µs. */
  async cpuMicros(): Promise<number> {
    const stat = await readFile(`/proc/${this.#child.pid}/stat`, 'latin1');
    // After the name, which may hold anything; utime and stime are the 14th and 15th of all.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond();
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await exited;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

let ticks: number | undefined;

function ticksPerSecond(): number {
  ticks ??= Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout) || 100;
  return ticks;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(port: number): Promise<void> {
  const until = performance.now() + PATIENCE;
  while (performance.now() < until) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await sleep(20);
  }
  throw new Error(`Nothing listens on port ${port}`);
}
