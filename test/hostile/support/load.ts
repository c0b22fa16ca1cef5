import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { io, Manager, type Socket } from 'socket.io-client';
import { expect, onTestFinished } from 'vitest';
import { p2pClientPlugin } from '../../../src/client/p2p-client-plugin.js';
import { type ErrorCode, isErrorCode } from '../../../src/protocol/error-codes.js';
import type { P2PError } from '../../../src/protocol/p2p-error.js';
import { next, type TestClient } from '../../support/relay.js';
import { type Child, startChild } from './child.js';

/** Whether the library has come so far that it uses a code; tests of what is to come wait for it. */
export function knows(code: string): code is ErrorCode {
  return isErrorCode(code);
}

/** The memory of the relay that was started last by this process, in bytes: its peak, garbage included. */
export class RelayPeak {
  readonly #folder = `/proc/${pidOfRelay()}`;

  /** Counts from now. */
  constructor() {
    writeFileSync(`${this.#folder}/clear_refs`, '5');
  }

  get rss(): number {
    return 1_024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`${this.#folder}/status`, 'utf8'))?.[1]);
  }
}

function pidOfRelay(): number {
  const pids = readdirSync('/proc').map(Number).filter(Boolean);
  return Math.max(...pids.filter((pid) => isOurRelay(pid)));
}

function isOurRelay(pid: number): boolean {
  try {
    const isChild = readFileSync(`/proc/${pid}/status`, 'utf8').includes(`PPid:\t${process.pid}\n`);
    return isChild && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('relay-child.js');
  } catch {
    return false;
  }
}

/** A client in a process of its own, which takes streams, and messages named `bulk`. */
export interface Receiver extends Pick<Child, 'ask'> {
  /** Bytes of streams and messages. */
  received(): Promise<number>;
  /** Of the stream; null while there is none. */
  failure(): Promise<string | null>;
  /** The application takes so many bytes of its stream, and then no more until it is told again. */
  readUpTo(bytes?: number): Promise<void>;
  freeze(): void;
  thaw(): void;
}

export async function startReceiver(url: string, clientId: string): Promise<Receiver> {
  const child = await startChild('receiver-child.js', { url, clientId });
  const pid = await child.ask<number>('pid');
  return {
    ask: child.ask,
    received: () => child.ask('received'),
    failure: () => child.ask('failure'),
    readUpTo: (bytes) => child.ask('readUpTo', bytes),
    freeze: () => process.kill(pid, 'SIGSTOP'),
    thaw: () => process.kill(pid, 'SIGCONT'),
  };
}

/** When a number has stayed the same for so many looks at it, a tenth of a second apart. */
export async function atRest(value: () => number, looks = 10): Promise<number> {
  let last = Number.NaN;
  let same = 0;
  const look = () => {
    same = value() === last ? same + 1 : 0;
    last = value();
    return same;
  };
  await expect.poll(look, { interval: 100, timeout: 60_000 }).toBeGreaterThanOrEqual(looks);
  return last;
}

/** A connection that has joined no namespace. */
export async function openConnection(url: string): Promise<Manager> {
  const manager = new Manager(url, { transports: ['websocket'], reconnection: false });
  onTestFinished(() => manager._close());
  await next(manager, 'open');
  return manager;
}

/** A client that is not kept until the end of the test: there are many of them. */
export function briefClient(url: string, clientId: string): TestClient {
  return p2pClientPlugin(briefSocket(url), clientId) as TestClient;
}

export function briefSocket(url: string, query: Record<string, string> = {}): Socket {
  return io(url, { transports: ['websocket'], forceNew: true, reconnection: false, query });
}

/** Ends the TCP connection, without a word by Socket.IO or by the websocket. */
export function kill(socket: Socket): void {
  const { transport } = socket.io.engine as unknown as { transport: { ws: { terminate(): void } } };
  transport.ws.terminate();
}

/** How often each outcome has come about. */
export async function outcomes(operations: readonly Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const count = (outcome: string) => {
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  };
  for (const result of await Promise.allSettled(operations)) {
    count(result.status === 'fulfilled' ? 'ok' : ((result.reason as P2PError).code ?? 'no code'));
  }
  return counts;
}

/** Time since then, as it is shown. */
export function since(start: number): string {
  return `${((performance.now() - start) / 1_000).toFixed(2)} s`;
}
