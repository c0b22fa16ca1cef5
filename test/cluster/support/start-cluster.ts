import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Socket } from 'socket.io-client';
import { type P2PClientOptions, type P2PClientSocket, p2pClientPlugin } from '../../../src/client/p2p-client-plugin.js';
import type { ErrorCode } from '../../../src/protocol/error-codes.js';
import { P2PError } from '../../../src/protocol/p2p-error.js';
import { type ClientOptions, connected, next, rawSocketTo, type TestClient } from '../../support/relay.js';

/** What joins the servers. */
export type AdapterName = 'cluster' | 'redis-streams' | 'redis-sharded' | 'ioredis';

export interface ClusterSetup {
  readonly adapter: AdapterName;
  readonly redisUrl?: string | undefined;
  readonly nodes?: number;
  /** Of the plugin, as JSON. */
  readonly options?: object;
  /** What else the processes are told. */
  readonly env?: Readonly<Record<string, string>>;
}

/** One server, a process of its own. */
export interface TestNode {
  readonly url: string;
  readonly port: number;
  connect(clientId: string, plugin?: P2PClientOptions): Promise<TestClient>;
  /** A plugin client that may not get in. */
  rawClient(clientId: string, options?: ClientOptions): P2PClientSocket<Socket>;
  connectPlain(clientId: string): Promise<Socket>;
  /** Runs one of the calls of `node.js` there. */
  ask(call: string, ...args: unknown[]): Promise<unknown>;
  kill(): void;
  freeze(): void;
  thaw(): void;
}

export interface TestCluster {
  readonly nodes: readonly TestNode[];
  /** Starts another in the place of one that was killed; not with `cluster`. */
  replace(index: number): Promise<TestNode>;
  close(): Promise<void>;
}

interface Answer {
  readonly id?: number;
  readonly value?: unknown;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
  readonly listening?: number;
  readonly pid?: number;
}

type Post = (message: object) => void;

const script = (name: string) => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

/** Starts the servers, and waits until each knows of all the others. */
export async function startCluster(setup: ClusterSetup): Promise<TestCluster> {
  const { adapter, redisUrl, nodes: count = 3, options = {}, env: told = {} } = setup;
  // Clusters before have left their claims in Redis, for some seconds.
  const P2P_PREFIX = randomUUID();
  const settings = { P2P_PREFIX, P2P_ADAPTER: adapter, P2P_REDIS: redisUrl, P2P_NODES: `${count}` };
  const env = { ...process.env, ...told, P2P_OPTIONS: JSON.stringify(options), ...settings };
  const children: ChildProcess[] = [];
  const handles: NodeHandle[] = [];
  const run = (name: string) => {
    const child = fork(script(name), { env, serialization: 'advanced' });
    children.push(child);
    return child;
  };
  const startOne = () => {
    const child = run('node');
    const handle = new NodeHandle((message) => child.send(message));
    handles.push(handle);
    child.on('message', (message: Answer) => handle.heard(message));
    return handle.ready;
  };
  const startAll = () => {
    const primary = run('primary');
    for (let node = 0; node < count; node++) handles.push(new NodeHandle((message) => primary.send({ node, message })));
    primary.on('message', (told: { node: number; message: Answer }) => handles[told.node]?.heard(told.message));
    return handles.map((handle) => handle.ready);
  };
  const nodes = await Promise.all(adapter === 'cluster' ? startAll() : Array.from({ length: count }, startOne));
  for (const node of nodes) await until(async () => (await node.ask('nodes')) === count);
  return {
    nodes,
    replace: async (index) => {
      nodes[index] = await startOne();
      return nodes[index];
    },
    close: async () => {
      for (const handle of handles) handle.stop();
      for (const child of children) child.kill('SIGKILL');
    },
  };
}

/** Asks again and again, without a pause that could be too short or too long. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(setImmediate);
}

/** What the tests hold of a process. */
class NodeHandle {
  readonly ready: Promise<TestNode>;
  readonly #post: Post;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #start: (node: TestNode) => void = () => {};
  #pid = 0;
  #lastId = 0;

  constructor(post: Post) {
    this.#post = post;
    this.ready = new Promise((resolve) => {
      this.#start = resolve;
    });
  }

  heard(message: Answer): void {
    if (message.listening !== undefined) {
      this.#pid = message.pid as number;
      this.#start(this.#node(message.listening));
    } else if (message.id !== undefined) {
      this.#waiting.get(message.id)?.(message);
      this.#waiting.delete(message.id);
    }
  }

  stop(signal: NodeJS.Signals = 'SIGKILL'): void {
    try {
      process.kill(this.#pid, signal);
    } catch {
      // It is gone already.
    }
  }

  #node(port: number): TestNode {
    const url = `http://localhost:${port}`;
    return {
      url,
      port,
      connect: (clientId, plugin) => connected(p2pClientPlugin(rawSocketTo(url), clientId, plugin)),
      rawClient: (clientId, options) =>
        p2pClientPlugin(rawSocketTo(url, options), clientId).on('SERVER_ERROR', () => {}),
      connectPlain: async (clientId) => {
        const socket = rawSocketTo(url, { query: { clientId } });
        await next(socket, 'connect');
        return socket;
      },
      ask: (call, ...args) => this.#ask(call, args),
      kill: () => this.stop(),
      freeze: () => this.stop('SIGSTOP'),
      thaw: () => this.stop('SIGCONT'),
    };
  }

  #ask(call: string, args: unknown[]): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ value, error }) => {
        if (error) reject(new P2PError(error.code, error.message));
        else resolve(value);
      });
      this.#post({ id, call, args });
    });
  }
}
