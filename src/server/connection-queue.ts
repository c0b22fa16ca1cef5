import { type Connection, type ConnectionInternals, internalsOf } from './connection.js';

/** What a packet that waits costs beside its data, in bytes: less than what it takes, as streams count theirs apart. */
const PACKET_OVERHEAD = 64;

/** Who counts by itself what waits of its own, in bytes. */
interface Counter {
  readonly queued: number;
}

const NOTHING: readonly never[] = [];

const queues = new WeakMap<Connection, ConnectionQueue>();

/** What waits on a connection, whoever wrote it. Nothing is done for it before somebody asks. */
export class ConnectionQueue {
  readonly #internals: ConnectionInternals;
  #apart: readonly Counter[] = NOTHING;
  /** The list that was counted last, and how much of it. */
  #list: ConnectionInternals['writeBuffer'] = NOTHING;
  #counted = 0;
  #bytes = 0;

  private constructor(connection: Connection) {
    this.#internals = internalsOf(connection);
  }

  static of(connection: Connection): ConnectionQueue {
    const queue = queues.get(connection) ?? new ConnectionQueue(connection);
    queues.set(connection, queue);
    return queue;
  }

  /** What waits of theirs is not counted here. */
  countApart(counter: Counter): void {
    this.#apart = this.#apart.concat([counter]);
  }

  countNoLonger(counter: Counter): void {
    this.#apart = this.#apart.filter((each) => each !== counter);
  }

  /** In bytes; of text, UTF-16 code units. */
  get bytes(): number {
    const { transport, writeBuffer } = this.#internals;
    const buffered = transport.socket?.bufferedAmount ?? 0;
    if (buffered === 0 && transport.writable) {
      // What was written is not kept for having been counted.
      this.#list = NOTHING;
      return 0;
    }
    if (writeBuffer !== this.#list || writeBuffer.length < this.#counted) {
      this.#list = writeBuffer;
      this.#counted = 0;
      this.#bytes = 0;
    }
    for (; this.#counted < writeBuffer.length; this.#counted++) {
      this.#bytes += sizeOf(writeBuffer[this.#counted]?.data) + PACKET_OVERHEAD;
    }
    let bytes = this.#bytes + buffered;
    for (const { queued } of this.#apart) bytes -= queued;
    return Math.max(bytes, 0);
  }
}

function sizeOf(data: unknown): number {
  if (typeof data === 'string') return data.length;
  return ArrayBuffer.isView(data) ? data.byteLength : 0;
}
