import { type Connection, type ConnectionInternals, internalsOf } from './connection.js';

/** A message, and the finished frame of a websocket that it is in. */
export interface BuiltFrame {
  readonly message: Uint8Array;
  readonly whole: readonly Buffer[];
}

type Transport = ConnectionInternals['transport'];

/** The part of `ws` that sends frames which are made already. */
export interface FrameSender {
  sendFrame(frame: readonly Buffer[], written?: () => void): void;
}

/** Something that waits to be written to a connection. */
export interface Waiting {
  flush(): void;
}

const outlets = new WeakMap<Connection, Outlet>();

/** Where all that this library sends in a connection's namespaces is written to it. */
export class Outlet {
  readonly #connection: ConnectionInternals;
  #waiting: readonly Waiting[] = [];
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
    return transport.writable && writeBuffer.length === 0 && !transport.socket?.bufferedAmount;
  }

  /** From now on it is flushed before anything else is written to the connection. */
  add(waiting: Waiting): void {
    if (this.#waiting.length === 0) this.#connection.on('packetCreate', flushOutlet);
    this.#waiting = this.#waiting.concat([waiting]);
  }

  remove(waiting: Waiting): void {
    this.#waiting = this.#waiting.filter((each) => each !== waiting);
    if (this.#waiting.length === 0) this.#connection.off('packetCreate', flushOutlet);
  }

  flush(): void {
    for (const waiting of this.#waiting) waiting.flush();
  }

  /**
   * The websocket itself, if it may be given finished frames: engine.io would do the same, after more ado. Missing where
   * something waits, as it is engine.io that has to know, and drops what is volatile then; and where the application
   * looks at what is written.
   */
  get sender(): FrameSender | undefined {
    const connection = this.#connection;
    if (connection.readyState !== 'open' || !this.isClear) return undefined;
    if (connection.listenerCount('packetCreate') > (this.#waiting.length > 0 ? 1 : 0)) return undefined;
    return this.#senderOf(connection.transport);
  }

  /**
   * Writes a frame, by `sender` where the caller has looked for it already. `written` is called when it has been handed
   * to the network; perhaps not where that is lost.
   */
  write({ message, whole }: BuiltFrame, written?: () => void, sender = this.sender): void {
    if (sender) sender.sendFrame(whole, written);
    else this.#connection.write(message, { compress: true, wsPreEncodedFrame: whole }, written);
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

/** One function for all connections. */
function flushOutlet(this: Connection): void {
  outlets.get(this)?.flush();
}
