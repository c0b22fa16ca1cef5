import { STREAM_EVENTS } from '../protocol/event-names.js';
import { MAX_TIMEOUT } from '../protocol/limits.js';
import { P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { StreamEnd } from '../stream/stream-end.js';
import type { SocketQuestion } from './ask-socket.js';

/** How a client without the plugin is asked and told. */
export interface PlainStreamPort {
  /** @returns a way to wait no longer. @throws P2PError where the arguments cannot be sent */
  readonly ask: (question: SocketQuestion, answered: (outcome: readonly unknown[] | P2PError) => void) => () => void;
  readonly emit: (event: string, args: readonly unknown[]) => void;
}

export interface PlainStreamOptions {
  /** The number by which the client knows it. */
  readonly id: number;
  readonly end: StreamEnd;
  readonly port: PlainStreamPort;
  readonly over: () => void;
}

/** One stream of a client without the plugin: the next chunk goes when the last one is acknowledged. */
export class PlainStream {
  readonly #options: PlainStreamOptions;
  /** Waits no longer for the acknowledgement of the chunk that is under way. */
  #stopAsking: (() => void) | undefined;
  /** To be called when all that has come has been acknowledged. */
  #flushed: (() => void)[] = [];
  #writing = false;
  #ending = false;
  /** Settles when all chunks so far have been sent. */
  #written: Promise<void> = Promise.resolve();
  #toldEnd = false;

  constructor(options: PlainStreamOptions) {
    this.#options = options;
  }

  start(): void {
    this.#options.end.attach({
      readable: () => this.#sendNext(),
      failed: (error) => {
        this.close();
        this.#options.over();
        this.#tell(STREAM_EVENTS.destroy, { error: error.toJSON() });
      },
      closed: () => this.#forgetIfDone(),
    });
  }

  /** Settles when there was credit for it. */
  write(chunk: unknown): Promise<void> {
    if (this.#writing || this.#ending) {
      const problem = this.#ending ? 'A chunk after the end' : 'A chunk before the last one was acknowledged';
      const error = new P2PError('STREAM_VIOLATION', problem);
      this.destroy(error);
      throw error;
    }
    this.#writing = true;
    this.#written = new Promise((resolve, reject) => {
      this.#options.end.write([chunk], (error) => {
        this.#writing = false;
        if (!error) return resolve();
        reject(error);
        this.destroy(error);
      });
    });
    return this.#written;
  }

  /** After the chunk that still waits for credit. */
  async finish(): Promise<void> {
    this.#ending = true;
    await this.#written;
    this.#options.end.finish();
  }

  destroy(error: P2PError): void {
    this.#options.end.reset(error);
    this.close();
    this.#options.over();
  }

  whenTaken(flushed: () => void): void {
    if (this.#stopAsking) this.#flushed.push(flushed);
    else flushed();
  }

  /** Waits for nothing any more. */
  close(): void {
    this.#stopAsking?.();
    this.#stopAsking = undefined;
    this.#flush();
  }

  #sendNext(): void {
    if (this.#stopAsking || this.#toldEnd) return;
    const { id, end, port } = this.#options;
    const item = end.take();
    if (!item) {
      this.#flush();
      return end.atEnd ? this.#tellEnd() : undefined;
    }
    const question = {
      event: STREAM_EVENTS.chunk,
      args: [{ streamId: id, chunk: item.value }],
      // As long as the reader takes: a stream that nobody reads is paused, not failed.
      timeout: MAX_TIMEOUT,
    };
    try {
      this.#stopAsking = port.ask(question, (outcome) => {
        this.#stopAsking = undefined;
        if (outcome instanceof P2PError) this.destroy(outcome);
        else this.#sendNext();
      });
    } catch (error) {
      this.#tell(STREAM_EVENTS.destroy, { error: toP2PError(error).toJSON() });
      this.destroy(toP2PError(error));
    }
  }

  #tellEnd(): void {
    this.#toldEnd = true;
    this.#tell(STREAM_EVENTS.end, {});
    this.#forgetIfDone();
  }

  #tell(event: string, body: object): void {
    this.#options.port.emit(event, [{ streamId: this.#options.id, ...body }]);
  }

  /** Both have ended, and the client has been told everything. */
  #forgetIfDone(): void {
    if (this.#toldEnd && this.#options.end.isOver) this.#options.over();
  }

  #flush(): void {
    for (const flushed of this.#flushed.splice(0)) flushed();
  }
}
