import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** A `p2p` that runs as a process of its own, or something around it. */
export interface Run {
  readonly process: ChildProcess;
  /** Resolves when the output holds the text; rejects when the process ends without it. */
  says(text: string): Promise<string>;
  /** What has come from stdout, where that is a pipe. */
  readonly bytes: Buffer;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

export interface Streams {
  /** A descriptor, `pipe`, or nothing (default). */
  readonly stdin?: 'ignore' | 'pipe' | number;
  /** A descriptor, or a pipe that is read (default). */
  readonly stdout?: 'pipe' | number;
}

/** Runs `p2p`. */
export function p2p(...args: string[]): Run {
  return p2pWith({}, ...args);
}

export function p2pWith(streams: Streams, ...args: string[]): Run {
  return runWith(streams, process.execPath, cli, ...args);
}

export function runWith({ stdin = 'ignore', stdout = 'pipe' }: Streams, command: string, ...args: string[]): Run {
  const child = spawn(command, args, { stdio: [stdin, stdout, 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const written = collect(child.stdout);
  const told = collect(child.stderr);
  const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString();
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, stdout: text(written), stderr: text(told) })),
  );
  const says = (expected: string) =>
    new Promise<string>((resolve, reject) => {
      const all = () => text(written) + text(told);
      const look = () => all().includes(expected) && resolve(all());
      look();
      child.stdout?.on('data', look);
      child.stderr?.on('data', look);
      void ended.then(() => reject(new Error(`ended without "${expected}": ${all()}`)));
    });
  return {
    process: child,
    says,
    ended,
    get bytes() {
      return Buffer.concat(written);
    },
  };
}

function collect(stream: Readable | null): Buffer[] {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return chunks;
}
