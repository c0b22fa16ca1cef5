import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as SocketIoServer } from 'socket.io';
import { Manager, type Socket } from 'socket.io-client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { p2pServerPlugin } from '../../src/server/p2p-server-plugin.js';
import type { RawServer } from '../../src/server/raw-server.js';
import { DEFAULT_LIMITS } from '../../src/server/server-limits.js';
import { type UnfinishedLimits, UnfinishedPackets } from '../../src/server/unfinished-packets.js';
import { next, rawSocketTo, startRelay, type TestRelay } from '../support/relay.js';

const MOST = 100_000;

/** A text that announces attachments: `numbers` is what stands for how many. */
function announce(attachments: number, { numbers = String(attachments), nsp = '' } = {}): string {
  const places = Array.from({ length: attachments }, (_, num) => ({ _placeholder: true, num }));
  return `5${numbers}-${nsp}${JSON.stringify(['app', ...places])}`;
}

/** Sends it and so many attachments of so many bytes in all, as the engine does. */
function write({ io }: Pick<Socket, 'io'>, text: string, ...sizes: number[]): void {
  io.engine.write(text);
  for (const size of sizes) io.engine.write(Buffer.alloc(size));
}

interface Guarded extends TestRelay {
  /** Why connections were closed. */
  readonly codes: string[];
}

async function startGuarded(limits: Partial<UnfinishedLimits> = {}): Promise<Guarded> {
  const codes: string[] = [];
  const beforePlugin = (io: SocketIoServer) => {
    const watched = UnfinishedPackets.watch(io, { ...DEFAULT_LIMITS, maxUnfinishedBytes: MOST, ...limits });
    watched.onExceeded((_connection, { code }) => codes.push(code));
  };
  return { ...(await startRelay({ beforePlugin })), codes };
}

/** What the application hears from a client. */
function heardFrom({ server }: TestRelay, clientId: string): Promise<Buffer[]> {
  return new Promise((resolve) => {
    server.getSocketByClientId(clientId)?.once('app', (...buffers: Buffer[]) => resolve(buffers));
  });
}

const sizesOf = (buffers: Buffer[]) => buffers.map(({ length }) => length);

describe.each(['websocket', 'polling'])('threats: never-finished attachments, by %s', (transport) => {
  const options = { transports: [transport], reconnection: false };

  it('holds the most that is allowed, and what completes the packet beyond it', async () => {
    const relay = await startGuarded();
    const socket = await relay.connectPlain('mallory', options);
    const heard = heardFrom(relay, 'mallory');
    const text = announce(3);
    write(socket, text, 1, MOST - text.length - 1, MOST);
    expect(sizesOf(await heard)).toEqual([1, MOST - text.length - 1, MOST]);
    expect([relay.codes, socket.connected]).toEqual([[], true]);
  });

  it('closes the connection that has one byte more unfinished', async () => {
    const relay = await startGuarded();
    const socket = await relay.connectPlain('mallory', options);
    const gone = next(socket, 'disconnect');
    const text = announce(3);
    write(socket, text, 1, MOST - text.length);
    await gone;
    expect([relay.codes, relay.server.getAllClientId()]).toEqual([['PAYLOAD_TOO_LARGE'], []]);
  });

  it('closes the connection whose next attachment takes too long', async () => {
    const relay = await startGuarded({ unfinishedTimeout: 20 });
    const socket = await relay.connectPlain('mallory', options);
    const gone = next(socket, 'disconnect');
    write(socket, announce(3), 65_536);
    await gone;
    expect([relay.codes, relay.server.getAllClientId()]).toEqual([['TIMEOUT'], []]);
  });

  it('counts before the client has joined a namespace', async () => {
    const relay = await startGuarded();
    const manager = new Manager(relay.url, options);
    onTestFinished(() => manager._close());
    await next(manager, 'open');
    const closed = next(manager, 'close');
    write({ io: manager } as Pick<Socket, 'io'>, announce(2), MOST);
    await closed;
    expect(relay.codes).toEqual(['PAYLOAD_TOO_LARGE']);
  });

  it('lets packets of many attachments through, of the application and of clients', async () => {
    const relay = await startGuarded();
    const [alice, bob] = [await relay.connect('alice', options), await relay.connect('bob', options)];
    const buffers = Array.from({ length: 10 }, () => Buffer.alloc(9_000));
    for (let round = 0; round < 3; round++) {
      const heard = heardFrom(relay, 'alice');
      alice.emit('app', ...buffers);
      expect(await heard).toEqual(buffers);
      const relayed = new Promise<Buffer>((resolve) =>
        bob.onAny(`app ${round}`, (_from, bytes: Buffer) => resolve(bytes)),
      );
      alice.emitTo('bob', `app ${round}`, Buffer.alloc(500_000));
      expect((await relayed).length).toBe(500_000);
    }
    expect([relay.codes, alice.errors]).toEqual([[], []]);
  });
});

describe('threats: never-finished attachments', () => {
  it('one attachment counts only by its text', async () => {
    const relay = await startGuarded();
    const socket = await relay.connectPlain('mallory', { reconnection: false });
    const heard = heardFrom(relay, 'mallory');
    write(socket, announce(1), 900_000);
    expect(sizesOf(await heard)).toEqual([900_000]);
    const gone = next(socket, 'disconnect');
    socket.io.engine.write(`51-${JSON.stringify(['app', { _placeholder: true, num: 0 }, 'x'.repeat(MOST)])}`);
    await gone;
    expect(relay.codes).toEqual(['PAYLOAD_TOO_LARGE']);
  });

  it.each(['1e1', '0xa', '10.0', ' 10'])('reads %j attachments as Socket.IO does', async (numbers) => {
    const relay = await startGuarded();
    const socket = await relay.connectPlain('mallory', { reconnection: false });
    const gone = next(socket, 'disconnect');
    write(socket, announce(10, { numbers }), MOST);
    await gone;
    expect(relay.codes).toEqual(['PAYLOAD_TOO_LARGE']);
  });

  it.each(['0', '11', '1e9', '-1', '', 'x', '1.5'])(
    'leaves %j attachments to Socket.IO, which refuses',
    async (numbers) => {
      const relay = await startGuarded();
      const socket = await relay.connectPlain('mallory', { reconnection: false });
      const gone = next(socket, 'disconnect');
      write(socket, announce(1, { numbers }), MOST);
      await gone;
      expect(relay.codes).toEqual([]);
    },
  );

  it('counts answers like events', async () => {
    const relay = await startGuarded();
    const socket = await relay.connectPlain('mallory', { reconnection: false });
    const gone = next(socket, 'disconnect');
    write(socket, '62-7[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', MOST);
    await gone;
    expect(relay.codes).toEqual(['PAYLOAD_TOO_LARGE']);
  });

  it('begins anew with each packet', async () => {
    const relay = await startGuarded();
    const socket = await relay.connectPlain('mallory', { reconnection: false });
    for (let round = 0; round < 3; round++) {
      const heard = heardFrom(relay, 'mallory');
      write(socket, announce(2), MOST - 1_000, 1);
      await heard;
    }
    expect([relay.codes, socket.connected]).toEqual([[], true]);
  });

  it('tells a client with the plugin why it is closed', async () => {
    const relay = await startGuarded();
    const mallory = await relay.connect('mallory', { reconnection: false });
    const gone = next(mallory, 'disconnect');
    write(mallory, announce(2), MOST);
    await gone;
    expect(mallory.errors.map(({ code }: P2PError) => code)).toEqual(['PAYLOAD_TOO_LARGE']);
    expect(mallory.errors[0]?.details).toEqual({ limit: 'maxUnfinishedBytes', most: MOST });
  });

  it('holds for every namespace of the server, and disturbs no other client', async () => {
    const relay = await startGuarded();
    relay.server.of('/other');
    const alice = await relay.connect('alice');
    for (const nsp of ['/other,', '/nowhere,', '/,']) {
      const socket = rawSocketTo(`${relay.url}/other`, { reconnection: false });
      await next(socket, 'connect');
      const gone = next(socket, 'disconnect');
      write(socket, announce(2, { nsp }), MOST);
      await gone;
    }
    expect(relay.codes).toEqual(Array(3).fill('PAYLOAD_TOO_LARGE'));
    expect(await alice.getClientList()).toEqual(['alice']);
  });
});

describe('threats: never-finished attachments, wherever the plugin is applied', () => {
  async function listening(apply: (io: SocketIoServer) => void, late: boolean): Promise<string> {
    const http = createServer();
    const io = late ? new SocketIoServer() : new SocketIoServer(http);
    apply(io);
    if (late) io.attach(http);
    onTestFinished(() => io.close());
    await next(http.listen(0), 'listening');
    return `http://localhost:${(http.address() as AddressInfo).port}`;
  }

  it.each([
    ['to a server that is attached', (io: SocketIoServer) => io, false],
    ['to a server that is attached later', (io: SocketIoServer) => io, true],
    ['to a namespace', (io: SocketIoServer) => io.of('/app'), false],
    ['to a namespace of a server that is attached later', (io: SocketIoServer) => io.of('/app'), true],
  ] as const)('%s', async (_, target, late) => {
    const url = await listening((io) => {
      UnfinishedPackets.watch(io, { ...DEFAULT_LIMITS, maxUnfinishedBytes: MOST });
      p2pServerPlugin(target(io) as SocketIoServer, { clientId: 'optional' });
    }, late);
    const manager = new Manager(url, { transports: ['websocket'], reconnection: false });
    onTestFinished(() => manager._close());
    await next(manager, 'open');
    const closed = next(manager, 'close');
    write({ io: manager } as Pick<Socket, 'io'>, announce(2), MOST);
    await closed;
  });

  it('to connections that are there already', async () => {
    const url = await listening(
      (io) => void io.on('connection', () => UnfinishedPackets.watch(io, { ...DEFAULT_LIMITS, maxUnfinishedBytes: 9 })),
      false,
    );
    const socket = rawSocketTo(url, { reconnection: false });
    await next(socket, 'connect');
    const gone = next(socket, 'disconnect');
    write(socket, announce(2));
    await gone;
  });
});

describe('threats: never-finished attachments: what is counted and timed', () => {
  /** An engine without a network: what Socket.IO would see. */
  function scene(parser?: object) {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const engine = new EventEmitter();
    const server = { opts: { parser }, engine, bind: () => {} } as unknown as RawServer;
    const packets = UnfinishedPackets.watch(server, { maxUnfinishedBytes: 1_000_000, unfinishedTimeout: 1_000 });
    const codes: string[] = [];
    packets.onExceeded((_connection, { code }) => codes.push(code));
    const connection = Object.assign(new EventEmitter(), { readyState: 'open', transport: {}, close: vi.fn() });
    engine.emit('connection', connection);
    return { server, packets, codes, connection };
  }

  it('each attachment starts the time anew', () => {
    const { codes, connection } = scene();
    connection.emit('data', announce(4));
    for (let count = 0; count < 3; count++) {
      connection.emit('data', Buffer.alloc(70_000));
      vi.advanceTimersByTime(999);
    }
    expect([codes, vi.getTimerCount()]).toEqual([[], 1]);
    vi.advanceTimersByTime(1);
    expect([codes, vi.getTimerCount()]).toEqual([['TIMEOUT'], 0]);
    expect(connection.close).toHaveBeenCalledExactlyOnceWith(true);
  });

  it.each([
    ['64 KiB', 65_536, 0],
    ['a byte more', 65_537, 1],
  ])('of %s is waited for with the right number of timers', (_, bytes, timers) => {
    const { connection } = scene();
    const text = announce(2);
    connection.emit('data', text);
    connection.emit('data', Buffer.alloc(bytes - text.length));
    expect(vi.getTimerCount()).toBe(timers);
  });

  it('nothing is timed once the packet is complete, or the connection closed', () => {
    const { codes, connection } = scene();
    connection.emit('data', announce(2));
    connection.emit('data', Buffer.alloc(70_000));
    connection.emit('data', Buffer.alloc(70_000));
    expect(vi.getTimerCount()).toBe(0);
    connection.emit('data', announce(2));
    connection.emit('data', Buffer.alloc(70_000));
    connection.emit('close');
    expect([codes, vi.getTimerCount()]).toEqual([[], 0]);
  });

  it('the least of the limits counts where they were given more than once', () => {
    const { server, packets, codes, connection } = scene();
    expect(UnfinishedPackets.watch(server, { ...DEFAULT_LIMITS, maxUnfinishedBytes: 100 })).toBe(packets);
    UnfinishedPackets.watch(server, { ...DEFAULT_LIMITS, maxUnfinishedBytes: 2_000_000 });
    connection.emit('data', announce(2));
    expect(codes).toEqual([]);
    connection.emit('data', Buffer.alloc(100));
    expect(codes).toEqual(['PAYLOAD_TOO_LARGE']);
  });

  it('another parser is left alone', () => {
    const { codes, connection } = scene({});
    connection.emit('data', announce(2));
    connection.emit('data', Buffer.alloc(2_000_000));
    expect(codes).toEqual([]);
  });
});
