import type { Socket as TcpSocket } from 'node:net';
import { upgradedConnection } from './raw-connection.js';
import { type RecordedEngine, type Recording, record } from './recorder.js';
import { maskedFrame, messagesOf, TEXT } from './websocket-bytes.js';
import type { ConnectedWire, FrameCount, WireKind, WireOptions } from './wire.js';

/** A real client, whose frames are recorded. */
export interface RecordedClient {
  readonly io: { readonly engine: RecordedEngine };
  readonly beforeBytes?: Buffer;
  emitTo(target: string, payload: unknown): void;
}

/** How clients of one kind speak over Socket.IO. */
export interface SocketIoDialect {
  /** What is written first, as a message of Socket.IO; none where the address says it all. */
  readonly connect: (clientId: string) => string | undefined;
  readonly path: (clientId: string) => string;
  /** Whether a text says that others can reach it now. */
  readonly isReady: (text: string) => boolean;
  /** How many messages of others are in a message of the server. */
  readonly countText: (bytes: Buffer, start: number, end: number) => number;
  readonly countBinary?: (bytes: Buffer, start: number, end: number) => number;
  /** Each message goes in a turn of its own, after which the client sends what it has. */
  readonly oneByOne?: boolean;
  /** The client, not the server, sends pings. */
  readonly pings?: boolean;
  /** A real client of the kind, on a connection of its own. */
  readonly recorded: (options: WireOptions) => Promise<RecordedClient>;
}

const PONG = maskedFrame(TEXT, Buffer.from('3'));
const PING = maskedFrame(TEXT, Buffer.from('2'));
const PING_INTERVAL = 10_000;
const PING_TYPE = '2'.charCodeAt(0);

const recorders = new Map<string, Promise<RecordedClient>>();

/** Clients that write what a real one of that kind has written, and count what comes without reading it. */
export function socketIoWires(name: string, dialect: SocketIoDialect): WireKind {
  return {
    connect: async (options) => {
      const wire = new SocketIoWire(name, dialect, options);
      await wire.open();
      return wire;
    },
  };
}

class SocketIoWire implements ConnectedWire {
  readonly frames: FrameCount = { sent: 0, received: 0 };
  readonly #name: string;
  readonly #dialect: SocketIoDialect;
  readonly #options: WireOptions;
  /** By the number of messages in it. */
  #recordings: (Recording | undefined)[] = [];
  #socket: TcpSocket | undefined;
  #listener: (count: number) => void = () => {};
  #ready: () => void = () => {};
  #count = 0;

  constructor(name: string, dialect: SocketIoDialect, options: WireOptions) {
    this.#name = name;
    this.#dialect = dialect;
    this.#options = options;
  }

  async open(): Promise<void> {
    const { port, clientId, failed } = this.#options;
    const ready = new Promise<void>((resolve) => {
      this.#ready = resolve;
    });
    const scan = messagesOf((...message) => this.#scan(...message));
    const received = (piece: Buffer) => {
      scan(piece);
      const count = this.#count;
      this.#count = 0;
      if (count > 0) this.#listener(count);
    };
    this.#socket = await upgradedConnection(this.#dialect.path(clientId), { port, received, failed });
    const connect = this.#dialect.connect(clientId);
    if (connect !== undefined) this.#socket.write(maskedFrame(TEXT, Buffer.from(`4${connect}`)));
    if (this.#dialect.pings) setInterval(() => this.#socket?.write(PING), PING_INTERVAL).unref();
    await ready;
  }

  /** All that may be sent at once is recorded before, as recording takes a turn. */
  async load(payload: unknown, most = 64): Promise<void> {
    const { partner } = this.#options;
    if (partner === undefined) return;
    const recorder = await this.#recorder();
    // What the names stand for is said once; then it is known.
    const first = await record(recorder, () => recorder.emitTo(partner, payload));
    this.#socket?.write(first.bytes);
    this.#recordings = [];
    for (let count = 1; count <= most; count++) {
      this.#recordings[count] = await record(recorder, async () => {
        for (let sent = 0; sent < count; sent++) {
          recorder.emitTo(partner, payload);
          if (this.#dialect.oneByOne) await Promise.resolve();
        }
      });
    }
  }

  send(count: number): void {
    for (let left = count; left > 0; ) {
      const recording = this.#recordings[Math.min(left, this.#recordings.length - 1)]!;
      left -= Math.min(left, this.#recordings.length - 1);
      this.frames.sent += recording.frames;
      this.#socket!.write(recording.bytes);
    }
  }

  receive(listener: (count: number) => void): void {
    this.#listener = listener;
  }

  #scan(first: number, bytes: Buffer, start: number, end: number): void {
    if (first !== TEXT) {
      this.#counted(this.#dialect.countBinary?.(bytes, start, end) ?? 0);
    } else if (bytes[start] === PING_TYPE) {
      this.#socket!.write(PONG);
    } else {
      const count = this.#dialect.countText(bytes, start, end);
      if (count === 0 && this.#dialect.isReady(bytes.toString('utf8', start, end))) this.#ready();
      this.#counted(count);
    }
  }

  #counted(count: number): void {
    if (count > 0) this.frames.received++;
    this.#count += count;
  }

  #recorder(): Promise<RecordedClient> {
    const recorder = recorders.get(this.#name) ?? this.#dialect.recorded({ ...this.#options, clientId: 'recorder' });
    recorders.set(this.#name, recorder);
    return recorder;
  }
}
