import { type Connection, type ConnectionInternals, internalsOf, type WriteOptions } from './connection.js';

type Transport = ConnectionInternals['transport'];

/** The part of `ws` that sends frames which are made already. */
interface FrameSender {
  sendFrame(frame: readonly Buffer[], written: (() => void) | undefined): void;
}

/** Something that waits to be written to a connection. */
export interface Waiting {
  flush(): void;
}

const outlets = new WeakMap<Connection, Outlet>();

/** Where all that this library sends in a connection's namespaces is written to it. */
export class Outlet {
  readonly #connection: ConnectionInternals;
  readonly #waiting = new Set<Waiting>();
  readonly #flush = () => {
    for (const waiting of this.#waiting) waiting.flush();
  };
  /** Of the transport that was seen last; missing where it takes no frames. */
  #sender: FrameSender | undefined;
  #transport: Transport | undefined;

  private constructor(connection: Connection) {
    this.#connection = internalsOf(connection);
  }

  static of(connection: Connection): Outlet {
    const outlet = outlets.get(connection) ?? new Outlet(connection);
    outlets.set(connection, outlet);
    return outlet;
  }

  /** Nothing of what was written waits in this process, so that what is written now will not. */
  get isClear(): boolean {
    const { writeBuffer, transport } = this.#connection;
    return writeBuffer.length === 0 && !transport.socket?.bufferedAmount;
  }

  /** Whether it is a websocket, which sends frames as they are, now and from now on. */
  get takesFrames(): boolean {
    return this.#senderOf(this.#connection.transport) !== undefined;
  }

  /** From now on it is flushed before anything else is written to the connection. @returns ends it */
  add(waiting: Waiting): () => void {
    if (this.#waiting.size === 0) this.#connection.on('packetCreate', this.#flush);
    this.#waiting.add(waiting);
    return () => {
      if (!this.#waiting.delete(waiting) || this.#waiting.size > 0) return;
      this.#connection.off('packetCreate', this.#flush);
    };
  }

  /**
   * Writes a message. Where it is a frame too, and a websocket has nothing else to send before it, it is given that at
   * once: engine.io would do the same, after more ado. `written` is called when it has been handed to the network;
   * perhaps not where the connection is lost.
   */
  write(message: Uint8Array, options: WriteOptions, written?: () => void): void {
    const { wsPreEncodedFrame: frame } = options;
    const sender = frame && this.#isFree() ? this.#senderOf(this.#connection.transport) : undefined;
    if (frame && sender) sender.sendFrame(frame, written);
    else this.#connection.write(message, options, written);
  }

  /** Nothing waits for the transport; nor does the application look at what is written. */
  #isFree(): boolean {
    const connection = this.#connection;
    if (connection.readyState !== 'open' || connection.writeBuffer.length > 0) return false;
    return connection.listenerCount('packetCreate') <= (this.#waiting.size > 0 ? 1 : 0);
  }

  #senderOf(transport: Transport): FrameSender | undefined {
    if (transport === this.#transport) return this.#sender;
    this.#transport = transport;
    const { name, perMessageDeflate, opts, socket } = transport;
    const isMeant = name === 'websocket' && !perMessageDeflate && !opts?.perMessageDeflate;
    const sender = socket?._sender;
    this.#sender = isMeant && typeof sender?.sendFrame === 'function' ? (sender as FrameSender) : undefined;
    return this.#sender;
  }
}
