import type { RawServerSocket } from './raw-server.js';

interface Waiter {
  /** bytes */
  readonly limit: number;
  readonly callback: () => void;
}

/** How much of what is written to one socket waits in this process, as far as it is counted here. */
export class SendQueue {
  readonly #socket: RawServerSocket;
  #queued = 0;
  /** Made for the first who waits: most queues never have one. */
  #waiting: Set<Waiter> | undefined;
  #stopListening: (() => void) | undefined;

  constructor(socket: RawServerSocket) {
    this.#socket = socket;
  }

  /** What was written and has not been handed to the network, in bytes. */
  get queued(): number {
    return this.#socket.connected ? this.#queued : 0;
  }

  /** Whether no more than this is queued, in bytes. */
  isAtMost(limit: number): boolean {
    return this.#queued <= limit || !this.#socket.connected;
  }

  /** So much is being written. */
  add(bytes: number): void {
    this.#queued += bytes;
  }

  /** So much has been handed to the network. */
  remove(bytes: number): void {
    this.#queued -= bytes;
    if (this.#waiting) this.#wake();
  }

  /** So much is being written. @returns to be called when it has been handed to the network */
  count(bytes: number): () => void {
    this.add(bytes);
    return () => this.remove(bytes);
  }

  /**
   * Calls back once, when no more than `limit` bytes are queued, or the socket disconnects; at once where that is so
   * already. The value returned takes it back.
   */
  whenBelow(limit: number, callback: () => void): () => void {
    if (this.isAtMost(limit)) {
      callback();
      return () => {};
    }
    const waiter = { limit, callback };
    this.#waiting ??= new Set();
    this.#waiting.add(waiter);
    this.#listen();
    return () => this.#forget(waiter);
  }

  #wake(): void {
    for (const waiter of this.#waiting ?? []) {
      // Who was called before may have written more.
      if (!this.isAtMost(waiter.limit)) continue;
      this.#forget(waiter);
      waiter.callback();
    }
  }

  #forget(waiter: Waiter): void {
    this.#waiting?.delete(waiter);
    if (this.#waiting?.size === 0) this.#stopListening?.();
  }

  /** Only while somebody waits; engine.io forgets the callbacks of a connection that closes. */
  #listen(): void {
    if (this.#stopListening) return;
    const wake = () => this.#wake();
    this.#socket.once('disconnect', wake);
    this.#stopListening = () => {
      this.#stopListening = undefined;
      this.#socket.off('disconnect', wake);
    };
  }
}
