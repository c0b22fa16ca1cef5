import type { Socket } from 'node:net';

/** What lies between a client and the server. */
export interface LinkShape {
  /** Each way, in ms. */
  readonly delay: number;
  /** Each way, in bytes per second; without one there is no bound. */
  readonly rate?: number;
}

/** What has entered the link, and when it comes out; `undefined` is the end. */
interface UnderWay {
  readonly due: number;
  readonly bytes: Buffer | undefined;
}

/** Bytes that may wait for their turn on a link with a rate; one read of at most 64 KiB may come on top. */
const QUEUE_LIMIT = 16 * 1_024;

/** Bytes on the link and behind it that stop the source: what a far end that reads nothing can make us hold. */
const HELD_LIMIT = 16 * 2 ** 20;

/** Bytes that are handed to the sink before it has to write some. */
const SINK_LIMIT = 4 * 2 ** 20;

/**
 * One direction of a long line: a short queue, a rate at which bytes enter, and a time that they travel. What
 * travels is not in the queue: 10 MiB/s over 20 ms are 210 KB that no buffer limit should forbid.
 */
export class LinkPipe {
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #shape: LinkShape;
  readonly #line: UnderWay[] = [];
  #held = 0;
  /** When everything that came so far has entered the line. */
  #freeAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = 0;

  constructor(source: Socket, sink: Socket, shape: LinkShape) {
    this.#source = source;
    this.#sink = sink;
    this.#shape = shape;
    source.on('data', (bytes) => this.#enter(bytes));
    source.on('end', () => this.#enter(undefined));
    source.on('error', () => sink.destroy());
    sink.on('drain', () => this.#pass());
    sink.on('close', () => source.destroy());
  }

  #enter(bytes: Buffer | undefined): void {
    const size = bytes?.length ?? 0;
    const { delay, rate = Number.POSITIVE_INFINITY } = this.#shape;
    this.#freeAt = Math.max(this.#freeAt, performance.now()) + (size / rate) * 1_000;
    this.#line.push({ due: this.#freeAt + delay, bytes });
    this.#held += size;
    this.#brake();
    this.#schedule();
  }

  /** Passes on what has arrived at the far end. */
  #pass(): void {
    const now = performance.now();
    this.#sink.cork();
    while (this.#line[0] && this.#line[0].due <= now && this.#sink.writableLength < SINK_LIMIT) {
      const { bytes } = this.#line.shift()!;
      this.#held -= bytes?.length ?? 0;
      if (bytes) this.#sink.write(bytes);
      else this.#sink.end();
    }
    this.#sink.uncork();
    this.#brake();
    this.#schedule();
  }

  #brake(): void {
    if (this.#held > HELD_LIMIT || this.#queueShortIn() > 0) this.#source.pause();
    else this.#source.resume();
  }

  /** How long, in ms, until the queue is short enough to take more. */
  #queueShortIn(): number {
    const { rate } = this.#shape;
    return rate === undefined ? 0 : this.#freeAt - performance.now() - (QUEUE_LIMIT / rate) * 1_000;
  }

  /** One timer for whatever comes first; a sink that is full tells by itself when to go on. */
  #schedule(): void {
    if (this.#sink.destroyed) return;
    const head = this.#line[0];
    if (head && this.#sink.writableLength < SINK_LIMIT) this.#wakeAt(head.due);
    const wait = this.#queueShortIn();
    if (wait > 0) this.#wakeAt(performance.now() + wait);
  }

  #wakeAt(time: number): void {
    if (this.#timer && this.#timerAt <= time) return;
    clearTimeout(this.#timer);
    this.#timerAt = time;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pass();
    }, time - performance.now());
  }
}
