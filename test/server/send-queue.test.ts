import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type ServerOptions, type Socket } from 'socket.io';
import type { Socket as ClientSocket } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type EncodedEvent, EventWriter } from '../../src/server/event-writer.js';
import { SendQueue } from '../../src/server/send-queue.js';
import { type ClientOptions, next, rawSocketTo } from '../support/relay.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

/** More than the kernel and the proxy take in for a reader that has stalled, in bytes. */
const MORE_THAN_THE_NETWORK_HOLDS = 32 * 1_048_576;

/** A client behind a proxy of its own, with what it has received. */
class Reader {
  readonly proxy: TcpProxy;
  readonly client: ClientSocket;
  readonly socket: Socket;
  readonly queue: SendQueue;
  readonly got: unknown[] = [];
  #wanted = 0;
  #all: () => void = () => {};

  constructor(proxy: TcpProxy, client: ClientSocket, socket: Socket) {
    this.proxy = proxy;
    this.client = client;
    this.socket = socket;
    this.queue = new SendQueue(socket);
    client.on('news', (content: unknown) => {
      this.got.push(content);
      if (this.got.length === this.#wanted) this.#all();
    });
  }

  /** Waits until so many publications have arrived since the beginning. */
  received(count: number): Promise<void> {
    this.#wanted = count;
    return new Promise((resolve) => {
      this.#all = resolve;
      if (this.got.length === count) resolve();
    });
  }

  below(limit: number): Promise<void> {
    return new Promise((resolve) => this.queue.whenBelow(limit, resolve));
  }

  /** The reader takes nothing more in, and what was written last waits in the server. */
  stall(): EncodedEvent {
    this.proxy.stall('down');
    const filler = this.publication('x'.repeat(MORE_THAN_THE_NETWORK_HOLDS));
    this.write(filler);
    return filler;
  }

  /** Writes and counts. */
  write(event: EncodedEvent): void {
    writeCounted(this.socket, this.queue, event);
  }

  publication(content: unknown): EncodedEvent {
    return new EventWriter(this.socket.nsp).encode('news', [content]);
  }
}

function writeCounted(socket: Socket, queue: SendQueue, event: EncodedEvent): void {
  new EventWriter(socket.nsp).write(socket, event, queue.count(event.bytes));
}

async function startServer(options?: Partial<ServerOptions>) {
  const httpServer = createServer();
  const io = new Server(httpServer, options);
  await new Promise<void>((resolve) => httpServer.listen(0, resolve));
  onTestFinished(() => io.close());
  const { port } = httpServer.address() as AddressInfo;
  const connect = async (clientOptions: ClientOptions = {}): Promise<Reader> => {
    const proxy = await startTcpProxy(port);
    onTestFinished(() => proxy.close());
    const connection = next<[Socket]>(io, 'connection');
    const client = rawSocketTo(`http://localhost:${proxy.port}`, clientOptions);
    const connected = next(client, 'connect');
    const [socket] = await connection;
    const reader = new Reader(proxy, client, socket);
    await connected;
    return reader;
  };
  return { io, connect };
}

async function oneReader(clientOptions?: ClientOptions): Promise<Reader> {
  return (await startServer()).connect(clientOptions);
}

describe('what is queued towards a socket', () => {
  it('is nothing while the reader keeps up', async () => {
    const reader = await oneReader();
    for (let i = 1; i <= 10; i++) {
      reader.write(reader.publication(i));
      await reader.received(i);
      expect(reader.queue.queued).toBe(0);
    }
    expect(reader.got).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('is every byte that a stalled reader has not taken, and nothing again when it has', async () => {
    const reader = await oneReader();
    let expected = reader.stall().bytes;
    expect(reader.queue.queued).toBe(expected);
    for (let i = 0; i < 100; i++) {
      const frames = reader.publication('é'.repeat(i));
      reader.write(frames);
      expected += frames.bytes;
      expect(frames.bytes).toBe(Buffer.byteLength(`2["news","${'é'.repeat(i)}"]`));
      expect(reader.queue.queued).toBe(expected);
    }
    reader.proxy.resume();
    await reader.received(101);
    expect(reader.queue.queued).toBe(0);
    expect(reader.got.slice(1)).toEqual(Array.from({ length: 100 }, (_, i) => 'é'.repeat(i)));
  });

  it('is every byte of binary attachments too', async () => {
    const reader = await oneReader();
    const filler = reader.stall();
    const content = { a: new Uint8Array(5_000).fill(7), b: [Buffer.alloc(0), Buffer.from('end')] };
    const frames = reader.publication(content);
    expect(frames.bytes).toBe(Buffer.byteLength(frames.parts[0] as string) + 5_003);
    reader.write(frames);
    expect(reader.queue.queued).toBe(filler.bytes + frames.bytes);
    reader.proxy.resume();
    await reader.received(2);
    expect(reader.queue.queued).toBe(0);
    expect(reader.got[1]).toEqual({ a: Buffer.alloc(5_000, 7), b: [Buffer.alloc(0), Buffer.from('end')] });
  });

  it('does not include what others write to the same connection, and waits behind it', async () => {
    const reader = await oneReader();
    reader.proxy.stall('down');
    reader.socket.emit('other', 'x'.repeat(MORE_THAN_THE_NETWORK_HOLDS));
    expect(reader.queue.queued).toBe(0);
    const frames = reader.publication('y'.repeat(20_000));
    reader.write(frames);
    expect(reader.queue.queued).toBe(frames.bytes);
    const below = reader.below(0);
    reader.proxy.resume();
    await below;
    expect(reader.queue.queued).toBe(0);
    await reader.received(1);
  });

  it('is nothing when the socket has disconnected, and writing does nothing then', async () => {
    const reader = await oneReader();
    reader.stall();
    const disconnected = next(reader.socket, 'disconnect');
    reader.proxy.cut();
    await disconnected;
    expect(reader.queue.queued).toBe(0);
    reader.write(reader.publication('late'));
    expect(reader.queue.queued).toBe(0);
  });

  it('is nothing for a namespace that was left, while the connection goes on with another', async () => {
    const { io, connect } = await startServer();
    const reader = await connect();
    const joined = next<[Socket]>(io.of('/other'), 'connection');
    const other = reader.client.io.socket('/other');
    const [[socket]] = await Promise.all([joined, next(other, 'connect')]);
    const queue = new SendQueue(socket);
    const filler = reader.stall();
    writeCounted(socket, queue, new EventWriter(socket.nsp).encode('news', ['x'.repeat(20_000)]));
    expect(queue.queued).toBeGreaterThan(20_000);
    let woken = 0;
    queue.whenBelow(0, () => woken++);
    socket.disconnect();
    expect([woken, queue.queued, reader.queue.queued]).toEqual([1, 0, filler.bytes]);
    reader.proxy.resume();
    await reader.received(1);
    expect([woken, reader.queue.queued]).toEqual([1, 0]);
  });
});

describe('waiting until less is queued', () => {
  it('is over at once at the limit, and waits above it', async () => {
    const reader = await oneReader();
    const { bytes } = reader.stall();
    const woken: string[] = [];
    reader.queue.whenBelow(bytes, () => woken.push('at'));
    reader.queue.whenBelow(bytes - 1, () => woken.push('above'));
    expect(woken).toEqual(['at']);
    reader.proxy.resume();
    await reader.received(1);
    expect(woken).toEqual(['at', 'above']);
  });

  it('ends once for each who waits, though more is written afterwards', async () => {
    const reader = await oneReader();
    reader.stall();
    const woken = [0, 0, 0];
    woken.forEach((_, i) => void reader.queue.whenBelow(i * 100_000, () => woken[i]!++));
    expect(woken).toEqual([0, 0, 0]);
    reader.proxy.resume();
    await reader.received(1);
    for (let i = 2; i < 5; i++) {
      reader.write(reader.publication('z'.repeat(100_000)));
      await reader.received(i);
    }
    expect(woken).toEqual([1, 1, 1]);
  });

  it.each([0, 100, 16_384, 200_000])('ends though nothing is written after %i bytes', async (length) => {
    const reader = await oneReader();
    const frames = reader.publication('x'.repeat(length));
    reader.write(frames);
    expect(reader.queue.queued).toBe(frames.bytes);
    await reader.below(0);
    expect(reader.queue.queued).toBe(0);
    await reader.received(1);
  });

  it('ends after many writes within one turn', async () => {
    const reader = await oneReader();
    const contents = Array.from({ length: 1_000 }, (_, i) => `${i}:${'x'.repeat(100)}`);
    for (const content of contents) reader.write(reader.publication(content));
    expect(reader.queue.queued).toBeGreaterThan(100_000);
    await reader.below(0);
    await reader.received(1_000);
    expect(reader.got).toEqual(contents);
  });

  it('can be taken back, more than once', async () => {
    const reader = await oneReader();
    reader.stall();
    const woken: string[] = [];
    const cancel = reader.queue.whenBelow(0, () => woken.push('cancelled'));
    cancel();
    reader.queue.whenBelow(0, () => woken.push('kept'));
    cancel();
    reader.proxy.resume();
    await reader.received(1);
    expect(woken).toEqual(['kept']);
    cancel();
  });

  it('goes on for the others when the first one writes too much again', async () => {
    const reader = await oneReader();
    reader.stall();
    const woken: string[] = [];
    reader.queue.whenBelow(0, () => {
      woken.push('first');
      reader.write(reader.publication('x'.repeat(100_000)));
      // Comes before anything that was written now can have gone out.
      process.nextTick(() => woken.push('later'));
    });
    const second = new Promise<void>((resolve) => {
      reader.queue.whenBelow(0, () => {
        woken.push('second');
        resolve();
      });
    });
    reader.proxy.resume();
    await second;
    expect(woken).toEqual(['first', 'later', 'second']);
  });

  it('is over when the socket disconnects, but not for who has taken it back', async () => {
    const reader = await oneReader();
    reader.stall();
    reader.write(reader.publication('behind'));
    const woken: string[] = [];
    reader.queue.whenBelow(0, () => woken.push('cancelled'))();
    const over = Promise.all([reader.below(0), next(reader.socket, 'disconnect')]);
    reader.proxy.cut();
    await over;
    reader.queue.whenBelow(0, () => woken.push('late'));
    expect(woken).toEqual(['late']);
  });
});

describe('over other ways than an open websocket', () => {
  it('counts what waits for the next poll', async () => {
    const reader = await oneReader({ transports: ['polling'] });
    const { transport } = reader.socket.conn;
    if (!transport.writable) await new Promise((resolve) => transport.once('ready', resolve as () => void));
    // The poll that is open takes the first one; the next poll does not come.
    reader.proxy.stall('up');
    const frames = reader.publication('x'.repeat(500));
    for (let i = 0; i < 4; i++) {
      reader.write(frames);
      expect(reader.queue.queued).toBe(i * frames.bytes);
    }
    let woken = 0;
    reader.queue.whenBelow(0, () => woken++);
    await reader.received(1);
    expect(woken).toBe(0);
    reader.proxy.resume();
    await reader.received(4);
    expect([woken, reader.queue.queued]).toEqual([1, 0]);
  });

  it('loses and repeats nothing while a connection changes from polling to websocket', async () => {
    const reader = await oneReader({ transports: ['polling', 'websocket'] });
    let written = 0;
    const write = () => reader.write(reader.publication(`${written++}:${'x'.repeat(20_000)}`));
    const { conn } = reader.socket;
    let upgraded = conn.transport.name === 'websocket';
    conn.once('upgrade', () => {
      upgraded = true;
    });
    conn.on('upgrading', write);
    conn.on('upgrade', write);
    do {
      write();
      write();
      await reader.below(0);
    } while (!upgraded);
    write();
    await reader.received(written);
    expect(conn.transport.name).toBe('websocket');
    expect(reader.got).toEqual(Array.from({ length: written }, (_, i) => `${i}:${'x'.repeat(20_000)}`));
    expect(reader.queue.queued).toBe(0);
  });

  it('counts what is written where the websocket compresses', async () => {
    const { connect } = await startServer({ perMessageDeflate: { threshold: 0 } });
    const reader = await connect();
    const frames = reader.publication('x'.repeat(100_000));
    let expected = 0;
    for (let i = 0; i < 5; i++) {
      reader.write(frames);
      expected += frames.bytes;
      expect(reader.queue.queued).toBe(expected);
    }
    await reader.below(0);
    await reader.received(5);
    expect([reader.queue.queued, new Set(reader.got)]).toEqual([0, new Set(['x'.repeat(100_000)])]);
  });
});

/** Lengths around which a websocket frame or our making of it changes. */
const LENGTHS = [
  [0, 140],
  [4_070, 4_110],
  [65_500, 65_560],
  [69_999, 70_000],
].flatMap(([from = 0, to = 0]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));

describe('a frame that goes to many sockets', () => {
  it.each([
    ['websocket', {}, ['websocket']],
    ['polling', {}, ['polling']],
    ['compressing websocket', { perMessageDeflate: { threshold: 0 } }, ['websocket']],
  ])('arrives as it is, whatever its length: %s', async (_, options: Partial<ServerOptions>, transports) => {
    const { connect } = await startServer(options);
    const readers = [await connect({ transports }), await connect({ transports }), await connect({ transports })];
    const contents = LENGTHS.flatMap((length) => [
      'x'.repeat(length),
      `${'é'.repeat(length / 2)}${'x'.repeat(length % 2)}`,
    ]);
    for (const content of contents) {
      const frames = readers[0]!.publication(content);
      for (const each of readers) each.write(frames);
    }
    for (const reader of readers) {
      await reader.received(contents.length);
      expect(reader.got.every((content, i) => content === contents[i])).toBe(true);
      expect(reader.queue.queued).toBe(0);
    }
  });

  it('arrives whole with characters outside the plane, and halves of them replaced', async () => {
    const { connect } = await startServer();
    const readers = [await connect(), await connect()];
    for (const content of ['😀', '\0', '\ud83d', 'end']) {
      const frames = readers[0]!.publication(content);
      for (const each of readers) each.write(frames);
    }
    for (const reader of readers) {
      await reader.received(4);
      expect(reader.got).toEqual(['😀', '\0', '\ud83d', 'end']);
    }
  });

  it('arrives with its binary attachments', async () => {
    const { connect } = await startServer();
    const readers = [await connect(), await connect(), await connect({ transports: ['polling'] })];
    const contents = LENGTHS.filter((length) => length % 10 === 5).map((length) => Buffer.alloc(length, length));
    for (const content of contents) {
      const frames = readers[0]!.publication(content);
      for (const each of readers) each.write(frames);
    }
    for (const reader of readers) {
      await reader.received(contents.length);
      expect(reader.got.every((content, i) => contents[i]!.equals(content as Buffer))).toBe(true);
      expect(reader.queue.queued).toBe(0);
    }
  });
});
