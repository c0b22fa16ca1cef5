import type { Namespace, Server, Socket } from 'socket.io';

// Socket.IO's generics are invariant, so only `any` takes in every typed server and socket.

// biome-ignore lint/suspicious/noExplicitAny: see above
export type RawServer = Server<any, any, any, any>;
// biome-ignore lint/suspicious/noExplicitAny: see above
export type RawNamespace = Namespace<any, any, any, any>;
// biome-ignore lint/suspicious/noExplicitAny: see above
export type RawServerSocket = Socket<any, any, any, any>;

/** What the library uses of a `Server` beyond its public types; Socket.IO's own adapters use the same. */
interface ServerInternals {
  readonly encoder: { encode(packet: { type: number; nsp: string; data: unknown[] }): readonly unknown[] };
  readonly opts: { readonly connectionStateRecovery?: unknown; readonly maxHttpBufferSize?: number };
}

/** The connection of engine.io, shared by the namespaces that a client has joined. */
interface ConnectionInternals {
  write(part: unknown, options: EngineOptions, flushed?: () => void): void;
}

interface EngineOptions {
  readonly compress: boolean;
  /** What a websocket is to send as it is; where it compresses, and by other transports, it is not looked at. */
  wsPreEncodedFrame: readonly Buffer[] | undefined;
}

interface SocketInternals {
  _onpacket(packet: { type: number; data?: unknown }): void;
  readonly acks: Map<number, () => void>;
}

interface NamespaceInternals {
  /** The id of the next acknowledgement. */
  readonly _ids: number;
}

/** The packet type EVENT of socket.io-protocol; the encoder makes it BINARY_EVENT by itself. */
const EVENT = 2;

/** The packet type DISCONNECT. */
const DISCONNECT = 1;

/** Socket.IO's own default for `maxHttpBufferSize`, in bytes. */
const DEFAULT_MAX_PACKET = 1_000_000;

/** First byte of a websocket frame: a text, all of it. */
const WHOLE_TEXT = 0x81;

/** The packet type `message` of engine.io, in ASCII. */
const MESSAGE = 0x34;

/** Longest event, in UTF-16 code units, for which a websocket frame is made even for one receiver: it costs less. */
const MAX_FRAMED_FOR_ONE = 1_024;

/** An event as Socket.IO puts it on the wire, ready for any number of sockets. */
export class Frames {
  /** A text, and the binary attachments after it; parsers other than Socket.IO's own make anything of it. */
  readonly parts: readonly unknown[];
  readonly #options: EngineOptions = { compress: true, wsPreEncodedFrame: undefined };
  #bytes: number | undefined;
  #wasWritten = false;

  constructor(parts: readonly unknown[]) {
    this.parts = parts;
  }

  /** Its size without what transports add, in bytes. */
  get bytes(): number {
    this.#bytes ??= this.parts.reduce<number>((sum, part) => sum + Buffer.byteLength(part as string | Buffer), 0);
    return this.#bytes;
  }

  /** To be taken once for each receiver. Where there is one, a long event is neither measured nor kept twice. */
  takeOptions(): EngineOptions {
    const [text] = this.parts;
    if (!this.#options.wsPreEncodedFrame && this.parts.length === 1 && typeof text === 'string') {
      const isWorthIt = this.#wasWritten || text.length <= MAX_FRAMED_FOR_ONE;
      if (isWorthIt) this.#options.wsPreEncodedFrame = [frameText(text, this.bytes)];
      this.#wasWritten = true;
    }
    return this.#options;
  }
}

/** A message of engine.io in a websocket frame of a server (RFC 6455, 5.2); in one piece, as two cost a `writev`. */
function frameText(text: string, bytes: number): Buffer {
  const length = bytes + 1;
  const start = lengthOfHeader(length);
  // Not from Node's pool: a short frame that waits in a queue would keep 8 KiB of it.
  const frame = Buffer.allocUnsafeSlow(start + length);
  frame[0] = WHOLE_TEXT;
  if (start === 2) frame[1] = length;
  else if (start === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame[start] = MESSAGE;
  frame.write(text, start + 1);
  return frame;
}

function lengthOfHeader(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

/**
 * Writes events past `socket.emit`: encoded once however many receive, and never stored by
 * connection state recovery, which would replay them into a later session.
 */
export class FrameWriter {
  readonly #namespace: RawNamespace;
  readonly #internals: ServerInternals;

  constructor(namespace: RawNamespace) {
    this.#namespace = namespace;
    this.#internals = namespace.server as unknown as ServerInternals;
  }

  /** Largest packet that the server takes from a client, in bytes. */
  get maxPacket(): number {
    // Infinity is allowed there, but not in JSON.
    return Math.min(this.#internals.opts.maxHttpBufferSize ?? DEFAULT_MAX_PACKET, Number.MAX_SAFE_INTEGER);
  }

  /**
   * An event for a plain client. With recovery on, Socket.IO adds an argument to every event, and its client
   * takes a string in last place for an offset: a null is added, so that no argument is mistaken for one.
   */
  encodePlain(event: string, args: readonly unknown[]): Frames {
    return this.encode(event, this.#internals.opts.connectionStateRecovery ? [...args, null] : args);
  }

  encode(event: string, args: readonly unknown[]): Frames {
    const data = [event, ...args];
    return new Frames(this.#internals.encoder.encode({ type: EVENT, nsp: this.#namespace.name, data }));
  }

  /** `flushed` is called when all has been handed to the network; perhaps not where the connection is lost. */
  write(socket: RawServerSocket, frames: Frames, flushed?: () => void): void {
    if (!socket.connected) return;
    const connection = socket.conn as unknown as ConnectionInternals;
    const { parts } = frames;
    const options = frames.takeOptions();
    const last = parts.length - 1;
    for (let i = 0; i < last; i++) connection.write(parts[i], options);
    connection.write(parts[last], options, flushed);
  }
}

/**
 * Drops packets with more arguments than `most`: Socket.IO calls listeners and acks with `apply`, which
 * overflows the stack at about 120,000 and so ends the process. And keeps a disconnect behind the events that came
 * with it: Socket.IO hands those on in the next tick, and drops them where the socket is gone by then.
 */
export function guardPackets(socket: RawServerSocket, most: number, dropped: () => void): void {
  const internals = socket as unknown as SocketInternals;
  const onPacket = internals._onpacket;
  internals._onpacket = (packet) => {
    if (packet.type === DISCONNECT) return process.nextTick(() => onPacket.call(socket, packet));
    // An event's name comes before its arguments.
    if (Array.isArray(packet.data) && packet.data.length > most + 1) dropped();
    else onPacket.call(socket, packet);
  };
}

/**
 * Runs an emit that asks for an acknowledgement; the function returned ends the wait for it. Socket.IO's ack, when
 * called, clears its own timer; nothing else does, not even the disconnect.
 */
export function settleAcknowledgement(socket: RawServerSocket, emit: () => void): () => void {
  const id = (socket.nsp as unknown as NamespaceInternals)._ids;
  const { acks } = socket as unknown as SocketInternals;
  emit();
  return () => {
    const acknowledge = acks.get(id);
    acks.delete(id);
    acknowledge?.();
  };
}

/** Where connection state recovery keeps, for the application too, whose connection it was. */
const RECOVERABLE_ID = 'p2pClientId';

/**
 * The client id of the connection that was recovered; null if the server had taken it out, undefined if it never
 * had one.
 */
export function recoverableId(socket: RawServerSocket): unknown {
  return (socket.data as Record<string, unknown> | undefined)?.[RECOVERABLE_ID];
}

/** To be set when the socket disconnects, just before recovery stores it: the application may replace `data`. */
export function setRecoverableId(socket: RawServerSocket, clientId: string | null): void {
  socket.data = { ...(socket.data as object | undefined), [RECOVERABLE_ID]: clientId };
}
