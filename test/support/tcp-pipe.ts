import type { Socket } from 'node:net';

/** What a direction does to its bytes. */
export interface Faults {
  /** ms */
  delay: number;
  stalled: boolean;
  blackhole: boolean;
  /** bytes */
  slice: number;
  /** bytes per second */
  rate: number;
}

/** What came from the source, and when it is to be passed on. */
interface Held {
  readonly due: number;
  what: Buffer | 'end' | 'reset';
}

/** With a rate, bytes are passed on in pieces worth this time, in ms. */
const RATE_STEP = 20;

export function noFaults(): Faults {
  return {
    delay: 0,
    stalled: false,
    blackhole: false,
    slice: Number.POSITIVE_INFINITY,
    rate: Number.POSITIVE_INFINITY,
  };
}

export interface TcpPipeOptions {
  /** May change at any time; `pump` takes it in. */
  readonly faults: Readonly<Faults>;
  /** bytes */
  readonly bufferLimit: number;
}

/** One direction of one TCP connection. Ends and resets wait in line with the bytes: a stalled peer looks alive. */
export class TcpPipe {
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #faults: Readonly<Faults>;
  readonly #bufferLimit: number;
  readonly #queue: Held[] = [];
  #heldBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #yielding = false;
  /** When the next piece may go, by the rate. */
  #nextAt = 0;

  constructor(source: Socket, sink: Socket, { faults, bufferLimit }: TcpPipeOptions) {
    this.#source = source;
    this.#sink = sink;
    this.#faults = faults;
    this.#bufferLimit = bufferLimit;
    source.on('data', (bytes: Buffer) => this.#hold(bytes));
    source.on('end', () => this.#hold('end'));
    source.on('error', () => this.#hold('reset'));
    sink.on('drain', () => this.pump());
    sink.on('close', () => this.pump());
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Passes on what may go now, and sees to the rest later. */
  pump(): void {
    clearTimeout(this.#timer);
    if (this.#faults.blackhole || this.#sink.destroyed) this.#drop();
    while (this.#queue[0] && !this.#faults.stalled && !this.#yielding && !this.#sink.writableNeedDrain) {
      const wait = this.#mayGoAt(this.#queue[0]) - performance.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.pump(), Math.ceil(wait));
        return;
      }
      this.#passOn(this.#queue[0]);
    }
  }

  #hold(what: Held['what']): void {
    this.#queue.push({ due: performance.now() + this.#faults.delay, what });
    if (typeof what !== 'string') this.#heldBytes += what.length;
    if (this.#heldBytes > this.#bufferLimit) this.#source.pause();
    this.pump();
  }

  #mayGoAt({ due }: Held): number {
    return this.#faults.rate === Number.POSITIVE_INFINITY ? due : Math.max(due, this.#nextAt);
  }

  #passOn(held: Held): void {
    const { slice, rate } = this.#faults;
    const { what } = held;
    if (typeof what === 'string') {
      this.#queue.shift();
      if (what === 'end') this.#sink.end();
      else this.#sink.resetAndDestroy();
      return;
    }
    const piece = what.subarray(0, Math.max(1, Math.min(slice, (rate * RATE_STEP) / 1_000)));
    if (piece.length === what.length) this.#queue.shift();
    else held.what = what.subarray(piece.length);
    this.#nextAt = Math.max(this.#nextAt, performance.now() - RATE_STEP) + (piece.length / rate) * 1_000;
    this.#released(piece.length);
    this.#sink.write(piece);
    if (slice !== Number.POSITIVE_INFINITY) this.#yield();
  }

  /** Pieces go in turns of their own, so that the reader has a chance to see each by itself. */
  #yield(): void {
    this.#yielding = true;
    setImmediate(() => {
      this.#yielding = false;
      this.pump();
    });
  }

  #drop(): void {
    this.#queue.length = 0;
    this.#released(this.#heldBytes);
  }

  #released(bytes: number): void {
    this.#heldBytes -= bytes;
    if (this.#heldBytes <= this.#bufferLimit) this.#source.resume();
  }
}
