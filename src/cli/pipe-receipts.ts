import type { P2PClientSocket } from '../client/p2p-client-plugin.js';
import { MAX_TIMEOUT } from '../protocol/limits.js';
import { CliError, describeError } from './cli-error.js';

/** A request from `p2p pipe` to `p2p pipe`: answered when everything has been written, null or what went wrong. */
const EVENT = 'p2p-pipe-written';

type Answer = (problem: string | null) => void;

export interface PipeReceiptsOptions {
  readonly peer: string;
  /** Of the pipe. */
  readonly id: string;
}

/**
 * A stream that has ended well has been sent, not written: the disk of the other side may be full. So each of two
 * pipes asks the other, as long as the stream is there. The acceptor begins: then the opener knows whom it talks to.
 */
export class PipeReceipts {
  readonly #socket: P2PClientSocket;
  readonly #options: PipeReceiptsOptions;
  readonly #waiting: Answer[] = [];
  #outcome: string | null | undefined;
  #confirmed: Promise<void> | undefined;

  constructor(socket: P2PClientSocket, options: PipeReceiptsOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.onAny(EVENT, (from: string, id: unknown, answer: unknown) => {
      if (from !== options.peer || id !== options.id || typeof answer !== 'function') return;
      this.ask();
      if (this.#outcome === undefined) this.#waiting.push(answer as Answer);
      else answer(this.#outcome);
    });
  }

  /** Resolves when the other side has written everything; at once, where it is no `p2p pipe`. */
  get confirmed(): Promise<void> {
    return this.#confirmed ?? Promise.resolve();
  }

  ask(): void {
    this.#confirmed ??= this.#request();
    // It may fail before anyone looks.
    this.#confirmed.catch(() => {});
  }

  /** What this side has made of what it was sent. */
  settle(error?: unknown): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = error === undefined ? null : describeError(error);
    for (const answer of this.#waiting.splice(0)) answer(this.#outcome);
  }

  async #request(): Promise<void> {
    const { peer, id } = this.#options;
    const problem: unknown = await this.#socket.with({ timeout: MAX_TIMEOUT }).emitToWithAck(peer, EVENT, id);
    if (problem !== null) throw new CliError(`${peer} has not taken everything: ${problem}`);
  }
}
