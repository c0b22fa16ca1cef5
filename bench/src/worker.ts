import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Call, CommandSet, Reply } from './commands.js';

export interface WorkerOptions {
  /** The module that the process runs. */
  readonly script: URL;
  /** What error messages call it. */
  readonly name: string;
  /** Whether `ws` may use its native helper there. Not by default: few applications have it installed. */
  readonly bufferutil?: boolean;
  /** The process cannot go on, whether or not it has been called. */
  readonly failed: (error: Error) => void;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A process of the benchmark, seen from the one that started it. */
export class Worker<Commands extends CommandSet<Commands>> {
  readonly #options: WorkerOptions;
  readonly #child: ChildProcess;
  #pending: Pending | undefined;
  #failure: Error | undefined;
  #closing = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
    // What a child prints must not end up in the table.
    const stdio: (number | 'ignore' | 'ipc')[] = ['ignore', 2, 2, 'ipc'];
    const env = { ...process.env, WS_NO_BUFFER_UTIL: options.bufferutil ? '' : '1' };
    this.#child = fork(fileURLToPath(options.script), { execArgv: ['--expose-gc'], stdio, env });
    this.#child.on('message', (reply) => this.#receive(reply as unknown as Reply));
    this.#child.on('error', (error) => this.#fail(error.message));
    this.#child.on('exit', (code, signal) => this.#fail(`its process ended (${signal ?? `exit code ${code}`})`));
  }

  /** Has the process do one thing; the next call waits for the answer to this one. */
  call<Name extends keyof Commands & string>(
    name: Name,
    ...[argument]: Parameters<Commands[Name]>
  ): Promise<Awaited<ReturnType<Commands[Name]>>> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#pending) return Promise.reject(new Error(`${this.#options.name} is busy`));
    const call: Call = { name, argument };
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#child.send(call, (error) => error && this.#fail(error.message));
    });
    // Both ends of the pipe are typed by the same command set.
    return answer as Promise<Awaited<ReturnType<Commands[Name]>>>;
  }

  /** Stops the whole process where it is; it answers nothing until `thaw`. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  /** Ends the process, whatever it is doing. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  #receive(reply: Reply): void {
    if (!reply.ok && reply.fatal) return this.#fail(reply.message);
    const pending = this.#pending;
    this.#pending = undefined;
    if (reply.ok) pending?.resolve(reply.value);
    else pending?.reject(new Error(`${this.#options.name}: ${reply.message}`));
  }

  #fail(message: string): void {
    if (this.#closing || this.#failure) return;
    this.#failure = new Error(`${this.#options.name}: ${message}`);
    this.#pending?.reject(this.#failure);
    this.#pending = undefined;
    this.#options.failed(this.#failure);
  }
}
