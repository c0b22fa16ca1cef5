import { MAX_NUMBER } from '../protocol/frame.js';
import { joinPlainText } from '../protocol/plain-text.js';
import { internalsOf, maxPacketOf, type WriteOptions } from './connection.js';
import type { RawNamespace, RawServerSocket } from './raw-server.js';
import { frameText } from './websocket-frame.js';

/** What the library uses of a `Server` beyond its public types; Socket.IO's own adapters use the same. */
interface ServerInternals {
  readonly encoder: { encode(packet: { type: number; nsp: string; data: unknown[] }): readonly unknown[] };
  readonly opts: { readonly connectionStateRecovery?: unknown };
}

/** The packet type EVENT of socket.io-protocol; the encoder makes it BINARY_EVENT by itself. */
const EVENT = 2;

/** Longest event, in UTF-16 code units, for which a websocket frame is made even for one receiver: it costs less. */
const MAX_FRAMED_FOR_ONE = 1_024;

/** An event as Socket.IO puts it on the wire, ready for any number of sockets. */
export class EncodedEvent {
  /** A text, and the binary attachments after it; parsers other than Socket.IO's own make anything of it. */
  readonly parts: readonly unknown[];
  readonly #options: WriteOptions = { compress: true, wsPreEncodedFrame: undefined };
  #bytes: number | undefined;
  #wasWritten = false;

  constructor(parts: readonly unknown[]) {
    this.parts = parts;
  }

  /** Where it is one text. */
  get text(): string | undefined {
    const [text] = this.parts;
    return this.parts.length === 1 && typeof text === 'string' ? text : undefined;
  }

  /** Its size without what transports add, in bytes. */
  get bytes(): number {
    this.#bytes ??= this.parts.reduce<number>((sum, part) => sum + Buffer.byteLength(part as string | Buffer), 0);
    return this.#bytes;
  }

  /** To be taken once for each receiver. Where there is one, a long event is neither measured nor kept twice. */
  takeOptions(): WriteOptions {
    const { text } = this;
    if (!this.#options.wsPreEncodedFrame && text !== undefined) {
      const isWorthIt = this.#wasWritten || text.length <= MAX_FRAMED_FOR_ONE;
      if (isWorthIt) this.#options.wsPreEncodedFrame = [frameText(text, this.bytes)];
      this.#wasWritten = true;
    }
    return this.#options;
  }
}

/**
 * Writes events past `socket.emit`: encoded once however many receive, and never stored by
 * connection state recovery, which would replay them into a later session.
 */
export class EventWriter {
  readonly #namespace: RawNamespace;
  readonly #internals: ServerInternals;
  /** What the last message to a plain client began with: the next is often alike. */
  #last: { readonly event: string; readonly senderId: string; readonly before: string } | undefined;

  constructor(namespace: RawNamespace) {
    this.#namespace = namespace;
    this.#internals = namespace.server as unknown as ServerInternals;
  }

  /** Largest packet that the server takes from a client, in bytes. */
  get maxPacket(): number {
    // Infinity is allowed there, but is no number on the wire.
    return Math.min(maxPacketOf(this.#namespace), MAX_NUMBER);
  }

  /**
   * An event for a plain client. With recovery on, Socket.IO adds an argument to every event, and its client
   * takes a string in last place for an offset: a null is added, so that no argument is mistaken for one.
   */
  encodePlain(event: string, args: readonly unknown[]): EncodedEvent {
    return this.encode(event, this.#internals.opts.connectionStateRecovery ? [...args, null] : args);
  }

  /** The same where sender and arguments are JSON already, for Socket.IO's own parser. */
  joinPlain(event: string, senderId: string, json: string): string {
    const before = this.#beforeArguments(event, senderId);
    return joinPlainText(before, json, this.#internals.opts.connectionStateRecovery ? ',null' : '');
  }

  #beforeArguments(event: string, senderId: string): string {
    if (this.#last?.event !== event || this.#last.senderId !== senderId) {
      const path = this.#namespace.name === '/' ? '' : `${this.#namespace.name},`;
      this.#last = { event, senderId, before: `2${path}[${JSON.stringify(event)},${JSON.stringify(senderId)}` };
    }
    return this.#last.before;
  }

  encode(event: string, args: readonly unknown[]): EncodedEvent {
    const data = [event, ...args];
    return new EncodedEvent(this.#internals.encoder.encode({ type: EVENT, nsp: this.#namespace.name, data }));
  }

  /** `flushed` is called when all has been handed to the network; perhaps not where the connection is lost. */
  write(socket: RawServerSocket, event: EncodedEvent, flushed?: () => void): void {
    if (!socket.connected) return;
    const connection = internalsOf(socket.conn);
    const { parts } = event;
    const options = event.takeOptions();
    const last = parts.length - 1;
    for (let i = 0; i < last; i++) connection.write(parts[i], options);
    connection.write(parts[last], options, flushed);
  }
}
