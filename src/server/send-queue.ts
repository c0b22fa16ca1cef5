import type { Frames, FrameWriter, RawServerSocket } from './raw-server.js';

interface Waiter {
  /** bytes */
  readonly limit: number;
  readonly callback: () => void;
}

/**
 * Writes to one socket and knows how much of that waits in this process. Other traffic of the connection is not
 * counted. A socket that has disconnected is written nothing, and nothing is queued for it.
 */
export class SendQueue {
  readonly #socket: RawServerSocket;
  readonly #writer: FrameWriter;
  #queued = 0;
  /** Made for the first who waits: most queues never have one. */
  #waiting: Set<Waiter> | undefined;
  #stopListening: (() => void) | undefined;

  constructor(socket: RawServerSocket, writer: FrameWriter) {
    this.#socket = socket;
    this.#writer = writer;
  }

  /** What was written and has not been handed to the network, in bytes. */
  get queued(): number {
    return this.#socket.connected ? this.#queued : 0;
  }

  /** Writes and counts; to be used for all that is to count. */
  write(frames: Frames): void {
    if (!this.#socket.connected) return;
    const { bytes } = frames;
    this.#queued += bytes;
    this.#writer.write(this.#socket, frames, () => {
      this.#queued -= bytes;
      if (this.#waiting) this.#wake();
    });
  }

  /**
   * Calls back once, when no more than `limit` bytes are queued, or the socket disconnects; at once where that is so
   * already. The value returned takes it back.
   */
  whenBelow(limit: number, callback: () => void): () => void {
    if (this.queued <= limit) {
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
      if (this.queued > waiter.limit) continue;
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
