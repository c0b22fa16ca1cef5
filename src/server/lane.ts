import { writeFrameHeader } from '../protocol/frame.js';
import { HeadNumbers } from '../protocol/head-numbers.js';
import { FULL_FRAME } from '../protocol/limits.js';
import { type ConnectionInternals, internalsOf } from './connection.js';
import type { FrameBuilder } from './frame-builder.js';
import type { RawServerSocket } from './raw-server.js';
import { FOR_LATER, FOR_NOW } from './websocket-frame.js';

/** The way to one client by frames: what it is sent in one turn of the event loop leaves as one. */
export class Lane {
  /** By which frames name its session. */
  readonly number: number;
  /** What stands for the names in packets to this client. */
  readonly numbers = new HeadNumbers();
  readonly #socket: RawServerSocket;
  readonly #connection: ConnectionInternals;
  readonly #builder: FrameBuilder;
  readonly #flush = () => this.flush();
  readonly #endTurn = () => {
    this.#isAwaited = false;
    this.flush();
  };
  #records: Uint8Array[] = [];
  #bytes = 0;
  #written: (() => void)[] = [];
  #isAwaited = false;

  constructor(number: number, socket: RawServerSocket, builder: FrameBuilder) {
    this.number = number;
    this.#socket = socket;
    this.#connection = internalsOf(socket.conn);
    this.#builder = builder;
    // Whatever else is written to this connection comes behind what was sent before.
    this.#connection.on('packetCreate', this.#flush);
  }

  /** One record, or several in a row. `written` is called when they have been handed to the network. */
  append(records: Uint8Array, written?: () => void): void {
    this.#records.push(records);
    this.#bytes += records.byteLength;
    if (written) this.#written.push(written);
    if (this.#bytes >= FULL_FRAME) return this.flush();
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    this.#builder.endOfTurn.add(this.#endTurn);
  }

  /** A frame that is complete, but for the number of the lane. */
  appendFrame(frame: Uint8Array, written?: () => void): void {
    this.flush();
    writeFrameHeader(frame, 0, this.number);
    if (this.#socket.connected)
      this.#connection.write(frame, { compress: true, wsPreEncodedFrame: undefined }, written);
  }

  /** Writes what waits. */
  flush(): void {
    if (this.#records.length === 0) return;
    const records = this.#records;
    const written = this.#written;
    this.#records = [];
    this.#bytes = 0;
    if (written.length > 0) this.#written = [];
    if (!this.#socket.connected) return;
    const { message, options } = this.#builder.build(
      this.number,
      records,
      this.#connection.transport.writable ? FOR_NOW : FOR_LATER,
    );
    this.#connection.write(message, options, callAll(written));
  }

  close(): void {
    this.flush();
    this.#connection.off('packetCreate', this.#flush);
  }
}

function callAll(callbacks: readonly (() => void)[]): (() => void) | undefined {
  if (callbacks.length <= 1) return callbacks[0];
  return () => {
    for (const callback of callbacks) callback();
  };
}
