import { MAX_TIMEOUT } from '../protocol/limits.js';
import { P2PError } from '../protocol/p2p-error.js';
import type { Connection } from './connection.js';
import { cutOff } from './hang-up.js';
import type { RawServer } from './raw-server.js';
import type { ServerLimits } from './server-limits.js';

/** No more than this is waited for as long as the connection lives, in bytes. */
const UNTIMED_BYTES = 65_536;

/** First characters of socket.io-protocol's BINARY_EVENT and BINARY_ACK, in ASCII. */
const BINARY_EVENT = 0x35;
const BINARY_ACK = 0x36;
const ZERO = 0x30;
const DASH = 0x2d;

export type UnfinishedLimits = Pick<ServerLimits, 'maxUnfinishedBytes' | 'unfinishedTimeout'>;

/** Called before the connection is closed, with `PAYLOAD_TOO_LARGE` or `TIMEOUT`. */
export type ExceededListener = (connection: Connection, error: P2PError) => void;

interface Unfinished {
  missing: number;
  bytes: number;
  timer: NodeJS.Timeout | undefined;
}

/** What is used of an engine.io server, which Socket.IO types as `any`. */
interface Engine {
  readonly clients?: Readonly<Record<string, Connection>>;
  on(event: 'connection', listener: (connection: Connection) => void): void;
}

interface ServerInternals {
  readonly opts: { readonly parser?: unknown };
  readonly engine?: Engine;
  bind: (engine: Engine) => unknown;
}

const watched = new WeakMap<RawServer, UnfinishedPackets>();

/**
 * Closes connections that announce attachments and do not send them all: Socket.IO's decoder keeps what has come for as
 * long as the connection lives, also before it has joined a namespace. Other parsers than Socket.IO's own are left alone.
 */
export class UnfinishedPackets {
  readonly #unfinished = new Map<Connection, Unfinished>();
  readonly #listeners = new Set<ExceededListener>();
  /** Shared by all connections. */
  readonly #onClose: (this: Connection) => void;
  #most = Number.POSITIVE_INFINITY;
  #timeout = MAX_TIMEOUT;

  private constructor(server: ServerInternals) {
    const forget = this.#forget.bind(this);
    this.#onClose = function () {
      forget(this);
    };
    if (server.opts.parser) return;
    const { bind } = server;
    // Of engines that come later: the server may be attached after this, and to more than one.
    server.bind = (engine) => {
      const result = bind.call(server, engine);
      this.#watchEngine(engine);
      return result;
    };
    if (server.engine) this.#watchEngine(server.engine);
  }

  /** Watches a server, which may be done for each of its namespaces: the least of the limits counts for all. */
  static watch(server: RawServer, { maxUnfinishedBytes, unfinishedTimeout }: UnfinishedLimits): UnfinishedPackets {
    const packets = watched.get(server) ?? new UnfinishedPackets(server as unknown as ServerInternals);
    watched.set(server, packets);
    packets.#most = Math.min(packets.#most, maxUnfinishedBytes);
    packets.#timeout = Math.min(packets.#timeout, unfinishedTimeout);
    return packets;
  }

  /** @returns ends it */
  onExceeded(listener: ExceededListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Socket.IO listens first: what its decoder has refused, or completed, is gone before it is looked at here. */
  #watchEngine(engine: Engine): void {
    const take = this.#take.bind(this);
    // Shared by all connections.
    function onData(this: Connection, data: string | Buffer): void {
      take(this, data);
    }
    const watch = (connection: Connection) => void connection.on('data', onData);
    engine.on('connection', watch);
    for (const connection of Object.values(engine.clients ?? {})) watch(connection);
  }

  #take(connection: Connection, data: string | Buffer): void {
    if (typeof data === 'string') {
      const type = data.charCodeAt(0);
      if (type === BINARY_EVENT || type === BINARY_ACK) this.#begin(connection, data);
      return;
    }
    const unfinished = this.#unfinished.get(connection);
    if (!unfinished) return;
    unfinished.bytes += data.byteLength;
    if (--unfinished.missing === 0) this.#forget(connection);
    else this.#check(connection, unfinished);
  }

  #begin(connection: Connection, text: string): void {
    if (connection.readyState !== 'open') return;
    const missing = attachmentsOf(text);
    // Of these nothing would be counted, and nothing timed: most packets of this library are such.
    if (missing === 1 && text.length <= Math.min(UNTIMED_BYTES, this.#most)) return;
    const unfinished: Unfinished = { missing, bytes: text.length, timer: undefined };
    const present = this.#unfinished.get(connection);
    if (present) clearTimeout(present.timer);
    else connection.on('close', this.#onClose);
    this.#unfinished.set(connection, unfinished);
    this.#check(connection, unfinished);
  }

  #check(connection: Connection, unfinished: Unfinished): void {
    if (unfinished.bytes > this.#most) {
      const details = { limit: 'maxUnfinishedBytes', most: this.#most };
      const problem = `More than ${this.#most} bytes of a packet that is not complete`;
      this.#exceed(connection, new P2PError('PAYLOAD_TOO_LARGE', problem, { details }));
    } else if (unfinished.timer) {
      unfinished.timer.refresh();
    } else if (unfinished.bytes > UNTIMED_BYTES) {
      const late = () => this.#exceed(connection, new P2PError('TIMEOUT', 'The rest of a packet has not come in time'));
      unfinished.timer = setTimeout(late, this.#timeout).unref();
    }
  }

  #exceed(connection: Connection, error: P2PError): void {
    this.#forget(connection);
    for (const listener of this.#listeners) listener(connection, error);
    cutOff(connection);
  }

  #forget(connection: Connection): void {
    clearTimeout(this.#unfinished.get(connection)?.timer);
    if (this.#unfinished.delete(connection)) connection.off('close', this.#onClose);
  }
}

/** As the decoder reads it, which takes `1e1` for ten. What it refuses has closed the connection. */
function attachmentsOf(text: string): number {
  const digit = text.charCodeAt(1) - ZERO;
  const isOneDigit = text.charCodeAt(2) === DASH && digit >= 0 && digit <= 9;
  return isOneDigit ? digit : Number(text.slice(1, text.indexOf('-')));
}
