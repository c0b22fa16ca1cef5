import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg } from 'node:os';

/** Where and when figures were taken. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly socketIo: string;
  /** Mean number of runnable processes in the minute before the run. */
  readonly loadBefore: number;
  /** UTC, as YYYY-MM-DD. */
  readonly date: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    node: process.version,
    socketIo: versionOf('socket.io'),
    loadBefore: loadavg()[0] ?? 0,
    date: new Date().toISOString().slice(0, 10),
  };
}

/** As one line. */
export function machineLine({ cpu, cores, node, socketIo, date, loadBefore }: Machine): string {
  return `${cpu}, ${cores} cores · Node.js ${node} · Socket.IO ${socketIo} · ${date} · load before ${loadBefore.toFixed(2)}`;
}

function versionOf(packageName: string): string {
  const file = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
