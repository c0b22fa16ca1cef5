import { Server } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import { p2pServerPlugin } from '../../src/server/p2p-server-plugin.js';
import { codeOf, connected, next, settled, startRelay, thrownBy } from '../support/relay.js';

describe('SC-1 the directory', () => {
  it('SC-1 holds a client that connects with an id in the query or in auth, until it disconnects', async () => {
    const { server, connectPlain, rawSocket } = await startRelay();
    const alice = await connectPlain('alice');
    const bob = rawSocket({ auth: { clientId: 'bob' } });
    await next(bob, 'connect');
    expect(server.clientMap).toEqual({ alice: alice.id, bob: bob.id });

    const left = new Promise((resolve) => server.getSocketByClientId('alice')?.on('disconnect', resolve));
    alice.disconnect();
    await left;
    expect(server.getAllClientId()).toEqual(['bob']);
  });

  it('SC-1 addClient and removeClient maintain it', async () => {
    const { server, rawSocket } = await startRelay({ plugin: { clientId: 'optional' } });
    const socket = rawSocket();
    await next(socket, 'connect');
    server.addClient('late', socket.id as string);
    expect(server.getSocketIdByClientId('late')).toBe(socket.id);
    const result = await socket.emitWithAck('IS_CLIENT_CONNECTED', { targetClientId: 'late' });
    expect(result).toEqual({ args: [true] });

    const told = next(socket, 'SERVER_ERROR');
    expect(server.removeClient('late')).toBe(true);
    expect(server.removeClient('late')).toBe(false);
    expect((await told)[0]).toMatchObject({ code: 'SESSION_REMOVED' });
    expect(socket.connected).toBe(true);
    expect(server.clientMap).toEqual({});
    expect(await socket.emitWithAck('GET_CLIENT_LIST')).toMatchObject({ error: { code: 'NOT_REGISTERED' } });
  });

  it('SC-1 a removed plugin client is told, and can be added again', async () => {
    const { server, connect } = await startRelay();
    const alice = await connect('alice');
    const socket = server.getSocketByClientId('alice');
    server.removeClient('alice');
    expect(await codeOf(next(alice, 'SERVER_ERROR').then(([error]) => Promise.reject(error)))).toBe('SESSION_REMOVED');
    expect(await codeOf(alice.getClientList())).toBe('SESSION_REMOVED');
    server.addClient('alice', socket as NonNullable<typeof socket>);
    const bob = await connect('bob');
    expect(await bob.isClientConnected('alice')).toBe(true);
    await expect.poll(() => alice.getClientList().catch(() => [])).toEqual(['alice', 'bob']);
  });

  it('SC-1 addClient refuses a wrong id, an id in use, a second id and an unknown socket', async () => {
    const { server, connectPlain } = await startRelay();
    const alice = await connectPlain('alice');
    await connectPlain('bob');
    const add = (clientId: unknown, socket: unknown) =>
      thrownBy(() => server.addClient(clientId as string, socket as string));
    expect(add('', alice.id)).toBe('CLIENT_ID_INVALID');
    expect(add('__proto__', alice.id)).toBe('CLIENT_ID_INVALID');
    expect(add('bob', alice.id)).toBe('INVALID_ARGUMENT');
    expect(add('carol', alice.id)).toBe('INVALID_ARGUMENT');
    expect(add('carol', 'no such socket')).toBe('INVALID_ARGUMENT');
    expect(add('carol', undefined)).toBe('INVALID_ARGUMENT');
    expect(add('alice', alice.id)).toBe('no error');
  });
});

describe('SC-2 look-ups', () => {
  it('SC-2 finds sockets, socket ids and client ids', async () => {
    const { server, connect } = await startRelay();
    const alice = await connect('alice');
    expect(server.getSocketByClientId('alice')?.id).toBe(alice.id);
    expect(server.getSocketIdByClientId('alice')).toBe(alice.id);
    expect(server.getClientIdBySocketId(alice.id as string)).toBe('alice');
    expect(server.getSocketByClientId('bob')).toBeUndefined();
    expect(server.getSocketIdByClientId('bob')).toBeUndefined();
    expect(server.getClientIdBySocketId('bob')).toBeUndefined();
  });

  it('SC-2 clientMap is a snapshot without prototype', async () => {
    const { server, connect } = await startRelay();
    const before = server.clientMap;
    await connect('toString');
    expect(Object.keys(before)).toEqual([]);
    expect(Object.getPrototypeOf(server.clientMap)).toBeNull();
    expect(Object.keys(server.clientMap)).toEqual(['toString']);
    expect(server.getSocketByClientId('hasOwnProperty')).toBeUndefined();
  });
});

describe('SC-3 emitError', () => {
  it('SC-3 logs the error and emits SERVER_ERROR to that client alone', async () => {
    const { server, connect, connectPlain, logged } = await startRelay();
    const plain = await connectPlain('plain');
    const alice = await connect('alice');
    const toldPlain = next(plain, 'SERVER_ERROR');
    const toldAlice = next(alice, 'SERVER_ERROR');
    server.emitError(server.getSocketByClientId('plain') as never, new Error('out of paper'));
    expect(await toldPlain).toEqual([{ code: 'INTERNAL', message: 'out of paper', details: {} }]);
    await settled(alice);
    expect(alice.errors).toEqual([]);
    server.emitError(server.getSocketByClientId('alice') as never, new Error('out of ink'));
    expect((await toldAlice)[0]).toMatchObject({ name: 'P2PError', code: 'INTERNAL', message: 'out of ink' });
    expect(logged).toHaveLength(2);
  });
});

describe('SC-5 the client id', () => {
  it('SC-5 is required: without one the client reads a typed refusal and leaves nothing behind', async () => {
    const { server, rawSocket } = await startRelay();
    const socket = rawSocket();
    const [error] = await next<[Error & { data: unknown }]>(socket, 'connect_error');
    expect(error.data).toMatchObject({ code: 'CLIENT_ID_REQUIRED' });
    expect(server.getAllClientId()).toEqual([]);
  });

  it.each([
    ['an empty id', { query: { clientId: '' } }, 'CLIENT_ID_INVALID'],
    ['a prototype name', { query: { clientId: '__proto__' } }, 'CLIENT_ID_INVALID'],
    ['129 characters', { query: { clientId: 'x'.repeat(129) } }, 'CLIENT_ID_INVALID'],
    ['a control character', { auth: { clientId: 'a\nb' } }, 'CLIENT_ID_INVALID'],
    ['a lone surrogate', { auth: { clientId: 'a\ud800' } }, 'CLIENT_ID_INVALID'],
    ['a number', { auth: { clientId: 7 } }, 'CLIENT_ID_INVALID'],
    ['an object', { auth: { clientId: {} } }, 'CLIENT_ID_INVALID'],
    ['null', { auth: { clientId: null } }, 'CLIENT_ID_INVALID'],
    ['two that differ', { auth: { clientId: 'a' }, query: { clientId: 'b' } }, 'CLIENT_ID_MISMATCH'],
    ['an unknown version', { auth: { clientId: 'a', p2p: { version: 2, secret: 's' } } }, 'VERSION_UNSUPPORTED'],
    ['an announcement of a wrong type', { auth: { clientId: 'a', p2p: 'yes' } }, 'PACKET_INVALID'],
    ['a secret of a wrong type', { auth: { clientId: 'a', p2p: { version: 1, secret: 5 } } }, 'PACKET_INVALID'],
  ])('SC-5 refuses %s', async (_what, options, code) => {
    const { server, rawSocket } = await startRelay();
    const [error] = await next<[Error & { data: unknown }]>(rawSocket(options), 'connect_error');
    expect(error.data).toMatchObject({ code });
    expect(server.getAllClientId()).toEqual([]);
  });

  it('SC-5 takes 128 characters', async () => {
    const { server, connectPlain } = await startRelay();
    await connectPlain('x'.repeat(128));
    expect(server.getAllClientId()).toEqual(['x'.repeat(128)]);
  });

  it('SC-5 is unique: the second gets a typed refusal, the first stays', async () => {
    const { server, connectPlain, rawSocket } = await startRelay();
    const first = await connectPlain('alice');
    const [error] = await next<[Error & { data: unknown }]>(
      rawSocket({ query: { clientId: 'alice' }, reconnection: false }),
      'connect_error',
    );
    expect(error.data).toMatchObject({ code: 'CLIENT_ID_IN_USE', details: { clientId: 'alice' } });
    expect(server.getSocketIdByClientId('alice')).toBe(first.id);
  });

  it('SC-5 of two that race past the middleware one is told and disconnected', async () => {
    // A slow middleware behind ours lets both pass the check before either is connected.
    const waiting: (() => void)[] = [];
    const { server, rawSocket } = await startRelay();
    server.use((_socket, proceed) => {
      waiting.push(proceed);
      if (waiting.length === 2) for (const go of waiting) go();
    });
    const told: unknown[] = [];
    const ended = [1, 2].map(() => {
      const socket = rawSocket({ query: { clientId: 'alice' } });
      socket.on('SERVER_ERROR', (error) => told.push(error));
      return next(socket, 'disconnect');
    });
    expect((await Promise.race(ended))[0]).toBe('io server disconnect');
    expect(told).toMatchObject([{ code: 'CLIENT_ID_IN_USE' }]);
    expect(server.getAllClientId()).toEqual(['alice']);
  });

  it('SC-5 optional: sockets without an id are left alone beside clients', async () => {
    const { server, rawSocket, connect } = await startRelay({ plugin: { clientId: 'optional' } });
    server.on('connection', (socket) => socket.on('app', (value, ack) => ack(value + 1)));
    const anonymous = rawSocket();
    expect(await anonymous.emitWithAck('app', 1)).toBe(2);
    const alice = await connect('alice');
    expect(await alice.getClientList()).toEqual(['alice']);
  });

  it('SC-5 two namespaces on one connection never mix', async () => {
    const { server, rawSocket } = await startRelay();
    const chat = p2pServerPlugin(server.of('/chat'));
    const main = rawSocket({ forceNew: true });
    const other = main.io.socket('/chat');
    const raw = [p2pClientPlugin(main, 'alice'), p2pClientPlugin(other, 'bob')] as const;
    const [alice, bob] = [await connected(raw[0]), await connected(raw[1])];
    expect(alice.io).toBe(bob.io);
    expect(await alice.getClientList()).toEqual(['alice']);
    expect(await bob.getClientList()).toEqual(['bob']);
    expect(await codeOf(alice.emitToWithAck('bob', 'hi'))).toBe('CLIENT_NOT_FOUND');
    expect(chat.getAllClientId()).toEqual(['bob']);
  });
});

describe('SC-6 the server speaks to a client by id', () => {
  it('SC-6 emitTo arrives at socket.on(event), and its ack comes back', async () => {
    const { server, connect, connectPlain } = await startRelay();
    for (const client of [await connect('alice'), await connectPlain('plain')]) {
      const id = client.io.opts.query?.clientId ?? 'alice';
      client.on('sum', (a: number, b: number, ack: (sum: number) => void) => ack(a + b));
      expect(await new Promise((resolve) => server.emitTo(id, 'sum', 1, 2, resolve))).toBe(3);
      expect(await server.emitToWithAck(id, 'sum', 3, 4)).toBe(7);
    }
  });

  it('SC-6 never reaches the listeners for peers', async () => {
    const { server, connect } = await startRelay();
    const alice = await connect('alice');
    const heard: unknown[] = [];
    alice.onAny('news', (...args) => heard.push(args));
    const arrived = next(alice, 'news');
    server.emitTo('alice', 'news', 1);
    expect(await arrived).toEqual([1]);
    expect(heard).toEqual([]);
  });

  it('SC-6 a client that is not there is told to SERVER_ERROR listeners, promises and error-first callbacks', async () => {
    const { server, logged } = await startRelay();
    server.emitTo('nobody', 'x');
    expect(logged).toHaveLength(1);
    const told = next<[{ code: string }]>(server as never, 'SERVER_ERROR');
    server.emitTo('nobody', 'x');
    expect((await told)[0].code).toBe('CLIENT_NOT_FOUND');
    expect(await codeOf(server.emitToWithAck('nobody', 'x'))).toBe('CLIENT_NOT_FOUND');
    const error = await new Promise((resolve) => server.with({ timeout: 50 }).emitTo('nobody', 'x', resolve));
    expect(error).toMatchObject({ code: 'CLIENT_NOT_FOUND' });
  });

  it('SC-6 an ack settles at the deadline, at an abort and at the disconnect', async () => {
    const { server, connect } = await startRelay();
    const alice = await connect('alice');
    expect(await codeOf(server.with({ timeout: 20 }).emitToWithAck('alice', 'mute'))).toBe('TIMEOUT');
    const abort = new AbortController();
    const aborted = server.with({ signal: abort.signal }).emitToWithAck('alice', 'mute');
    abort.abort();
    expect(await codeOf(aborted)).toBe('ABORTED');
    expect(await codeOf(server.with({ signal: abort.signal }).emitToWithAck('alice', 'mute'))).toBe('ABORTED');
    const arrived = next(alice, 'mute');
    const lost = server.emitToWithAck('alice', 'mute');
    await arrived;
    alice.disconnect();
    expect(await codeOf(lost)).toBe('PEER_GONE');
  });

  it('SC-6 R-2 wrong arguments are refused at the call', async () => {
    const { server } = await startRelay();
    const emit = (...args: unknown[]) => thrownBy(() => (server.emitTo as (...args: unknown[]) => void)(...args));
    expect(emit(5, 'x')).toBe('INVALID_ARGUMENT');
    expect(emit('alice', 5)).toBe('INVALID_ARGUMENT');
    expect(emit('alice', 'disconnect')).toBe('EVENT_RESERVED');
    expect(emit('alice', 'x', () => {}, 1)).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => server.with({ timeout: -1 }))).toBe('INVALID_ARGUMENT');
  });
});

describe('SC-4 plain clients', () => {
  it('SC-4 every socket with an id listens to the events of plain clients', async () => {
    const { server, connect, connectPlain } = await startRelay();
    await connect('alice');
    await connectPlain('plain');
    for (const id of ['alice', 'plain']) {
      for (const event of ['P2P_EMIT', 'P2P_EMIT_ACKNOWLEDGE', 'JOIN_ROOM', 'LEAVE_ROOM', 'EMIT_ROOM']) {
        expect(server.getSocketByClientId(id)?.listenerCount(event)).toBe(1);
      }
    }
  });
});

describe('p2pServerPlugin', () => {
  it('SC-5 applying it twice gives the same object, also by way of the main namespace', () => {
    const io = new Server();
    const server = p2pServerPlugin(io);
    expect(server).toBe(io);
    expect(p2pServerPlugin(io)).toBe(io);
    const main = p2pServerPlugin(io.of('/'));
    expect(main).toBe(io.of('/'));
    expect(main.getAllClientId).toBe(server.getAllClientId);
  });

  it('SC-5 finds the sockets that are connected already', async () => {
    const { server, rawSocket } = await startRelay();
    const socket = rawSocket().io.socket('/late', { auth: { clientId: 'early' } });
    server.of('/late');
    await next(socket, 'connect');
    expect(p2pServerPlugin(server.of('/late')).getAllClientId()).toEqual(['early']);
  });

  it.each([
    ['nothing', undefined],
    ['a client', {}],
    ['a number', 3],
  ])('R-2 refuses %s in place of a server', (_what, value) => {
    expect(thrownBy(() => p2pServerPlugin(value as never))).toBe('INVALID_ARGUMENT');
  });

  it('R-2 refuses a dynamic namespace and wrong options', () => {
    const io = new Server();
    expect(thrownBy(() => p2pServerPlugin(io.of(/^\/room-/)))).toBe('UNSUPPORTED');
    for (const options of [{ clientId: 'maybe' }, { plainEvents: 'all' }, { timeout: 0 }, { logger: {} }, null]) {
      expect(thrownBy(() => p2pServerPlugin(io, options as never))).toBe('INVALID_ARGUMENT');
    }
  });
});
