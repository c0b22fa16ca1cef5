import { inUse } from '../memory.js';
import { Worker } from '../worker.js';
import type { MuteCallerCommands } from './mute-caller-process.js';
import type { MuteProviderCommands } from './mute-provider-process.js';
import type { ServerCommands } from './server-process.js';

/** Heap and buffers in use, in bytes; of a process that is gone, nothing. */
export interface MuteMemory {
  readonly server: number;
  readonly caller: number;
  readonly provider?: number;
}

/** A server of ours, a client that calls and one that never answers: each a process of its own. */
export class MuteRig {
  readonly server: Worker<ServerCommands>;
  readonly caller: Worker<MuteCallerCommands>;
  readonly #provider: Worker<MuteProviderCommands>;
  #hasProvider = true;

  constructor(failed: (error: Error) => void) {
    const options = (role: string) => ({
      script: new URL(`./${role}-process.js`, import.meta.url),
      name: `${role} of unanswered calls`,
      failed,
    });
    this.server = new Worker(options('server'));
    this.caller = new Worker(options('mute-caller'));
    this.#provider = new Worker(options('mute-provider'));
  }

  async connect(): Promise<void> {
    const { port } = await this.server.call('listen', 'ours');
    await this.#provider.call('connect', port);
    await this.caller.call('connect', port);
  }

  /** Ends the provider's process, as a crash would. */
  async killProvider(): Promise<void> {
    this.#hasProvider = false;
    await this.#provider.close();
  }

  async memory(): Promise<MuteMemory> {
    return {
      server: inUse(await this.server.call('memory')),
      caller: inUse(await this.caller.call('memory')),
      ...(this.#hasProvider && { provider: inUse(await this.#provider.call('memory')) }),
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.server, this.caller, this.#provider].map((worker) => worker.close()));
  }
}
