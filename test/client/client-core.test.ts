import { describe, expect, it } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { p2pServerPlugin } from '../../src/server/p2p-server-plugin.js';
import { codeOf, connected, next, plainSettled, rawSocketTo, settled, startRelay, thrownBy } from '../support/relay.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

describe('CC-1 rooms', () => {
  it('CC-1 emitRoom reaches the room but not the sender, and nobody else', async () => {
    const { connect } = await startRelay();
    const [alice, bob, carol] = [await connect('alice'), await connect('bob'), await connect('carol')];
    const heard: unknown[] = [];
    for (const client of [alice, bob, carol]) client.onAny('x', (from, n) => heard.push([client.clientId, from, n]));
    await alice.joinRoom('lobby');
    await new Promise<void>((resolve) => bob.joinRoom('lobby', resolve));
    alice.emitRoom('lobby', 'x', 1);
    await settled(alice, bob, carol);
    expect(heard).toEqual([['bob', 'alice', 1]]);
    await bob.leaveRoom('lobby');
    alice.emitRoom('lobby', 'x', 2);
    await settled(alice, bob);
    expect(heard).toHaveLength(1);
  });

  it('CC-1 emitRoom works from outside the room, and is heard by from()', async () => {
    const { connect } = await startRelay();
    const [alice, bob] = [await connect('alice'), await connect('bob')];
    await alice.joinRoom('lobby');
    const heard: unknown[] = [];
    alice.from('bob').on('x', (...args) => heard.push(args));
    alice.on('x', () => heard.push('on'));
    bob.emitRoom('lobby', 'x', { n: 1 }, Buffer.from('b'));
    bob.emitRoom('empty', 'x');
    await settled(bob, alice);
    expect(heard).toEqual([[{ n: 1 }, Buffer.from('b')]]);
  });

  it('CC-1 rooms are those of the server, and plain clients hear them as flat events', async () => {
    const { server, connect, connectPlain } = await startRelay();
    const [alice, bob] = [await connect('alice'), await connect('bob')];
    const plain = await connectPlain('plain');
    await plain.emitWithAck('JOIN_ROOM', { room: 'lobby' });
    await alice.joinRoom('lobby');
    const heard: unknown[] = [];
    alice.on('news', (n) => heard.push(['alice', n]));
    alice.onAny('hi', (from) => heard.push(['alice', from]));
    plain.onAny((...args) => heard.push(args));
    server.to('lobby').emit('news', 1);
    bob.emitRoom('lobby', 'hi', 2);
    plain.emit('EMIT_ROOM', { room: 'lobby', event: 'hi', args: [3] });
    await settled(bob, alice);
    await plainSettled(plain);
    await settled(alice);
    expect(heard).toContainEqual(['news', 1]);
    expect(heard).toContainEqual(['hi', 'bob', 2]);
    expect(heard).toContainEqual(['alice', 1]);
    expect(heard).toContainEqual(['alice', 'bob']);
    expect(heard).toContainEqual(['alice', 'plain']);
    expect(heard).toHaveLength(5);
  });

  it('CC-1 R-1 reserved rooms and the shape of a socket id are refused, by the call and by the server', async () => {
    const { connect, connectPlain } = await startRelay();
    const alice = await connect('alice');
    const plain = await connectPlain('plain');
    for (const room of ['p2p:', 'p2p:topic:x', alice.id as string, plain.id as string, 'abcdefghij_-ABCDEF01']) {
      expect(await codeOf(alice.joinRoom(room))).toBe('ROOM_RESERVED');
      expect(await codeOf(alice.leaveRoom(room))).toBe('ROOM_RESERVED');
      expect(thrownBy(() => alice.emitRoom(room, 'x'))).toBe('ROOM_RESERVED');
      expect(thrownBy(() => alice.joinRoom(room, () => {}))).toBe('ROOM_RESERVED');
      for (const verb of ['JOIN_ROOM', 'LEAVE_ROOM']) {
        expect(await plain.emitWithAck(verb, { room })).toMatchObject({ error: { code: 'ROOM_RESERVED' } });
      }
      const told = next(plain, 'SERVER_ERROR');
      plain.emit('EMIT_ROOM', { room, event: 'x' });
      expect(await told).toMatchObject([{ code: 'ROOM_RESERVED' }]);
    }
  });

  it('CC-1 the room of a socket is closed also where its id has another shape', async () => {
    const { server, connect, connectPlain } = await startRelay({
      beforePlugin: (io) =>
        io.use((socket, proceed) => {
          if (socket.handshake.query.clientId === 'odd') Object.assign(socket, { id: 'short' });
          proceed();
        }),
    });
    const odd = await connectPlain('odd');
    const heard: unknown[] = [];
    odd.onAny((...args) => heard.push(args));
    expect(server.getSocketIdByClientId('odd')).toBe('short');
    const alice = await connect('alice');
    expect(await codeOf(alice.joinRoom('short'))).toBe('ROOM_RESERVED');
    alice.emitRoom('short', 'x');
    await settled(alice);
    await plainSettled(odd);
    expect(alice.errors).toMatchObject([{ code: 'ROOM_RESERVED' }]);
    expect(heard).toEqual([]);
  });

  it.each([undefined, null, '', 5, {}, 'x'.repeat(257)])('CC-1 R-2 %j is no room name', async (room) => {
    const { connect } = await startRelay();
    const alice = await connect('alice');
    expect(await codeOf(alice.joinRoom(room as string))).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => alice.emitRoom(room as string, 'x'))).toBe('INVALID_ARGUMENT');
  });

  it('CC-1 emitRoom takes no function', async () => {
    const { connect } = await startRelay();
    const alice = await connect('alice');
    const call = alice.emitRoom as (...args: unknown[]) => void;
    expect(thrownBy(() => call('lobby', 'x', () => {}))).toBe('INVALID_ARGUMENT');
  });
});

describe('CC-2 becoming a client', () => {
  it('CC-2 applying the plugin twice gives the same object, another id is a mismatch', async () => {
    const { rawSocket } = await startRelay();
    const raw = rawSocket();
    const alice = p2pClientPlugin(raw, 'alice');
    expect(alice).toBe(raw);
    expect(p2pClientPlugin(raw, 'alice')).toBe(alice);
    expect(alice.clientId).toBe('alice');
    expect(thrownBy(() => p2pClientPlugin(raw, 'bob'))).toBe('CLIENT_ID_MISMATCH');
  });

  it.each([
    ['the query option', { query: { clientId: 'bob' } }],
    ['auth', { auth: { clientId: 'bob' } }],
  ])('CC-2 an argument that differs from %s is a mismatch, thrown at once', async (_where, options) => {
    const { rawSocket } = await startRelay();
    expect(thrownBy(() => p2pClientPlugin(rawSocket(options), 'alice'))).toBe('CLIENT_ID_MISMATCH');
  });

  it('CC-2 an id in the query of the address counts too, and works when it is the same', async () => {
    const { url } = await startRelay();
    expect(thrownBy(() => p2pClientPlugin(rawSocketTo(`${url}?clientId=bob`), 'alice'))).toBe('CLIENT_ID_MISMATCH');
    const alice = await connected(p2pClientPlugin(rawSocketTo(`${url}?clientId=alice`), 'alice'));
    expect(await alice.isClientConnected('alice')).toBe(true);
  });

  it.each([undefined, null, '', 5, {}, '__proto__', 'constructor', 'x'.repeat(129), 'a\u0000'])(
    'CC-2 R-2 %j is no client id',
    async (id) => {
      const { rawSocket } = await startRelay();
      expect(thrownBy(() => p2pClientPlugin(rawSocket(), id as string))).toBe('CLIENT_ID_INVALID');
    },
  );

  it('CC-2 R-2 takes a socket of socket.io-client and nothing else', () => {
    for (const socket of [undefined, null, 5, {}, { on: () => {} }]) {
      expect(thrownBy(() => p2pClientPlugin(socket as never, 'alice'))).toBe('INVALID_ARGUMENT');
    }
  });

  it('CC-2 keeps what the application puts into auth, whenever it does', async () => {
    const { server, rawSocket } = await startRelay();
    const tokens: unknown[] = [];
    server.use((socket, proceed) => {
      tokens.push(socket.handshake.auth.token);
      proceed();
    });
    const raw = rawSocket({ auth: { token: 1 } });
    const alice = await connected(p2pClientPlugin(raw, 'alice'));
    const reconnect = async () => {
      alice.disconnect().connect();
      await connected(alice);
    };
    (alice.auth as { token: number }).token = 2;
    await reconnect();
    alice.auth = { token: 3 };
    await reconnect();
    alice.auth = (callback) => callback({ token: 4 });
    await reconnect();
    alice.auth = Object.freeze({ token: 5 });
    await reconnect();
    expect(tokens).toEqual([1, 2, 3, 4, 5]);
  });

  it('CC-2 works on a socket that is connected already as a plain client, in a new session', async () => {
    const { rawSocket, connect } = await startRelay();
    const bob = await connect('bob');
    bob.onAny('mute', () => {});
    bob.onAny('who', (from, ack) => ack(from));
    const raw = rawSocket({ query: { clientId: 'alice' } });
    raw.emit('P2P_EMIT_ACKNOWLEDGE', { targetClientId: 'bob', event: 'mute' }, () => {});
    raw.on('MULTI_API_ADD_TARGET', (_body, ack) => ack());
    await next(raw, 'connect');
    await bob.addP2pTarget('alice');
    const ended = next(bob, 'MULTI_API_TARGET_DISCONNECT');
    const lost = codeOf(bob.emitToWithAck('alice', 'unanswered'));
    await settled(bob);
    const alice = await connected(p2pClientPlugin(raw, 'alice'));
    expect([await ended, await lost]).toEqual([['alice', 'PEER_GONE'], 'PEER_GONE']);
    expect(await alice.emitToWithAck('bob', 'who')).toBe('alice');
    alice.onAny('hi', (from, ack) => ack(from));
    expect(await bob.emitToWithAck('alice', 'hi')).toBe('bob');
  });

  it('CC-2 a plain client that says hello twice is welcomed twice, in one session', async () => {
    const { server, rawSocket } = await startRelay();
    const raw = rawSocket({ query: { clientId: 'alice' } });
    await next(raw, 'connect');
    const welcomes: unknown[] = [];
    raw.on('P2P', (_data, header) => welcomes.push(header));
    for (let i = 0; i < 2; i++) {
      const welcome = next(raw, 'P2P');
      raw.emit('P2P', null, ['hello', 'alice', 1, 'secret', 0]);
      await welcome;
    }
    expect(welcomes[0]).toEqual(welcomes[1]);
    expect(server.getAllClientId()).toEqual(['alice']);
  });

  it('CC-2 R-1 hello gives no id to a socket without one: only a connect passes the middleware', async () => {
    const { server, rawSocket } = await startRelay({ plugin: { clientId: 'optional' } });
    const raw = rawSocket();
    await next(raw, 'connect');
    const admin = p2pClientPlugin(raw, 'admin');
    const told = next<[P2PError]>(admin, 'SERVER_ERROR');
    expect(await codeOf(admin.getClientList())).toBe('CLIENT_ID_REQUIRED');
    expect((await told)[0]).toMatchObject({ name: 'P2PError', code: 'CLIENT_ID_REQUIRED' });
    expect(server.getAllClientId()).toEqual([]);
    admin.connect();
    expect(await admin.getClientList()).toEqual(['admin']);
  });

  it('CC-2 works on a namespace of a connection that is open already', async () => {
    const { server, connect } = await startRelay();
    p2pServerPlugin(server.of('/chat'));
    const alice = await connect('alice');
    // Socket.IO sends the connect for this namespace before the plugin is there to say who it is.
    const chat = await connected(p2pClientPlugin(alice.io.socket('/chat', {}), 'alice'));
    expect(await chat.getClientList()).toEqual(['alice']);
  });

  it('CC-2 one options object can serve several sockets, and stays as it was', async () => {
    const { url } = await startRelay();
    const options = { auth: { token: 'x' } };
    const clients = ['alice', 'bob'].map((id) => p2pClientPlugin(rawSocketTo(url, options), id));
    for (const client of clients) await connected(client);
    expect(options).toEqual({ auth: { token: 'x' } });
  });

  it.each([
    ['assigned', (socket: { auth: unknown }) => Object.assign(socket, { auth: { clientId: 'bob' } })],
    ['changed', (socket: { auth: unknown }) => Object.assign(socket.auth as object, { clientId: 'bob' })],
    [
      'given by a function',
      (socket: { auth: unknown }) =>
        Object.assign(socket, { auth: (give: (data: object) => void) => give({ clientId: 'bob' }) }),
    ],
  ])('CC-2 another id in auth, %s later, is a mismatch: nothing connects under it', async (_how, change) => {
    const { server, rawSocket } = await startRelay();
    const alice = p2pClientPlugin(rawSocket({ autoConnect: false, auth: {} }), 'alice');
    change(alice as { auth: unknown });
    const told = next<[P2PError]>(alice, 'SERVER_ERROR');
    const listed = codeOf(alice.getClientList());
    alice.connect();
    expect([(await told)[0].code, await listed]).toEqual(['CLIENT_ID_MISMATCH', 'CLIENT_ID_MISMATCH']);
    expect(server.getAllClientId()).toEqual([]);
  });

  it('CC-2 removing all listeners of the application leaves those of the plugin', async () => {
    const { connect } = await startRelay();
    const [alice, bob] = [await connect('alice'), await connect('bob')];
    for (const remove of ['off', 'removeAllListeners', 'removeListener'] as const) {
      (alice[remove] as () => void)();
      alice.onceAny('hi', (from, ack) => ack(from));
      expect(await bob.emitToWithAck('alice', 'hi')).toBe('bob');
    }
    alice.off('connect');
    alice.disconnect().connect();
    expect(await alice.isClientConnected('bob')).toBe(true);
  });
});

describe('CC-2 connection life', () => {
  it('CC-2 before the first connect operations wait, in order, and nothing is in the send buffer', async () => {
    const { connect, rawSocket } = await startRelay();
    const bob = await connect('bob');
    const heard: number[] = [];
    bob.onAny('n', (_from, n, ack) => {
      heard.push(n);
      ack?.();
    });
    const raw = rawSocket({ autoConnect: false });
    const alice = p2pClientPlugin(raw, 'alice');
    alice.emitTo('bob', 'n', 1);
    const answered = alice.emitToWithAck('bob', 'n', 2);
    alice.emitTo('bob', 'n', 3);
    expect(raw.sendBuffer).toEqual([]);
    alice.connect();
    await answered;
    await connected(alice);
    await settled(bob);
    expect(heard).toEqual([1, 2, 3]);
  });

  it('CC-2 what waits for the first connect is bounded in number and in time', async () => {
    const { rawSocket } = await startRelay();
    const alice = p2pClientPlugin(rawSocket({ autoConnect: false }), 'alice');
    const errors: P2PError[] = [];
    alice.on('SERVER_ERROR', (error: P2PError) => errors.push(error));
    expect(await codeOf(alice.with({ timeout: 5 }).getClientList())).toBe('TIMEOUT');
    for (let i = 0; i < 1_000; i++) alice.emitTo('bob', 'n', i);
    expect(await codeOf(alice.getClientList())).toBe('QUEUE_FULL');
    const ended = new Promise<void>((resolve) => alice.on('SERVER_ERROR', () => errors.length === 1_000 && resolve()));
    alice.disconnect();
    await ended;
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['LINK_DOWN']));
    expect(await codeOf(alice.getClientList())).toBe('LINK_DOWN');
  });

  it('CC-2 a refusal that will not change ends what waits, with its code', async () => {
    const { rawSocket } = await startRelay({
      beforePlugin: (io) =>
        io.use((socket, proceed) => {
          delete socket.handshake.auth.clientId;
          proceed();
        }),
    });
    const alice = p2pClientPlugin(rawSocket(), 'alice');
    const told = next<[P2PError]>(alice, 'SERVER_ERROR');
    expect(await codeOf(alice.getClientList())).toBe('CLIENT_ID_REQUIRED');
    expect((await told)[0].code).toBe('CLIENT_ID_REQUIRED');
    expect(await codeOf(alice.getClientList())).toBe('CLIENT_ID_REQUIRED');
  });

  it('CC-2 a retryable refusal is retried until the id is free', async () => {
    const { connectPlain, rawSocket } = await startRelay();
    const holder = await connectPlain('alice');
    const alice = p2pClientPlugin(rawSocket(), 'alice');
    const waiting = alice.getClientList();
    for (let refusals = 0; refusals < 3; refusals++) {
      const [error] = await next<[P2PError]>(alice, 'SERVER_ERROR');
      expect(error).toMatchObject({ code: 'CLIENT_ID_IN_USE', retryable: true });
    }
    holder.disconnect();
    expect(await waiting).toEqual(['alice']);
  });

  it('CC-2 a refused client whose application disconnects it is not connected behind its back', async () => {
    const { server, connectPlain, rawSocket } = await startRelay();
    const holder = await connectPlain('alice');
    const alice = p2pClientPlugin(rawSocket(), 'alice');
    await next(alice, 'SERVER_ERROR');
    const waiting = codeOf(alice.getClientList());
    alice.disconnect();
    expect(await waiting).toBe('CLIENT_ID_IN_USE');
    holder.disconnect();
    // Several times the retry delay of 10 ms, measured in connects of others.
    for (let i = 0; i < 30; i++) (await connectPlain('other')).disconnect();
    expect(server.getSocketByClientId('alice')).toBeUndefined();
  });

  it('CC-2 a deadline that passes while refused says why', async () => {
    const { connectPlain, rawSocket } = await startRelay();
    await connectPlain('alice');
    const alice = p2pClientPlugin(rawSocket({ reconnectionDelay: 60_000 }), 'alice');
    alice.on('SERVER_ERROR', () => {});
    const error = (await alice
      .with({ timeout: 100 })
      .getClientList()
      .catch((e) => e)) as P2PError;
    expect(error).toMatchObject({ code: 'TIMEOUT', cause: { code: 'CLIENT_ID_IN_USE' } });
    expect(error.message).toContain('Another client is connected as "alice"');
    alice.disconnect();
  });

  it('CC-2 where reconnection is off, a refusal is the end', async () => {
    const { connectPlain, rawSocket } = await startRelay();
    await connectPlain('alice');
    const alice = p2pClientPlugin(rawSocket({ reconnection: false }), 'alice');
    alice.on('SERVER_ERROR', () => {});
    expect(await codeOf(alice.getClientList())).toBe('CLIENT_ID_IN_USE');
    expect(await codeOf(alice.getClientList())).toBe('CLIENT_ID_IN_USE');
    expect(alice.active).toBe(false);
  });

  it("CC-2 what the application's middleware refuses ends what waits, at once and with its words", async () => {
    const { rawSocket } = await startRelay({ beforePlugin: (io) => io.use((_s, go) => go(new Error('bad token'))) });
    const alice = p2pClientPlugin(rawSocket(), 'alice');
    const error = (await alice.getClientList().catch((e) => e)) as P2PError;
    expect(error).toMatchObject({ code: 'LINK_DOWN', message: expect.stringContaining('bad token') });
  });

  it('CC-2 a server that disconnects the client, before its welcome or after, ends what waits at once', async () => {
    let early = true;
    const { server, rawSocket } = await startRelay({
      beforePlugin: (io) => io.on('connection', (socket) => early && socket.disconnect()),
    });
    const alice = p2pClientPlugin(rawSocket(), 'alice');
    expect(await codeOf(alice.getClientList())).toBe('LINK_DOWN');
    expect(server.getAllClientId()).toEqual([]);
    early = false;
    alice.connect();
    expect(await alice.getClientList()).toEqual(['alice']);
    const gone = next(alice, 'disconnect');
    server.getSocketByClientId('alice')?.disconnect();
    await gone;
    expect(await codeOf(alice.getClientList())).toBe('LINK_DOWN');
    alice.connect();
    expect(await alice.getClientList()).toEqual(['alice']);
  });

  it('CC-2 a listener that hears the disconnect before the plugin finds the link down', async () => {
    const { server, rawSocket } = await startRelay();
    const raw = rawSocket();
    let said: string | undefined;
    raw.on('disconnect', () => {
      alice.emitTo('bob', 'x');
    });
    const alice = p2pClientPlugin(raw, 'alice');
    alice.on('SERVER_ERROR', (error) => {
      said = error.code;
    });
    await alice.getClientList();
    const gone = next(alice, 'disconnect');
    server.getSocketByClientId('alice')?.disconnect();
    await gone;
    await expect.poll(() => said).toBe('LINK_DOWN');
  });

  it('CC-2 the same instance replaces its own old session at once, while that one still looks alive', async () => {
    const relay = await startRelay();
    const proxy = await startTcpProxy(relay.port);
    const bob = await relay.connect('bob');
    const alice = await connected(p2pClientPlugin(rawSocketTo(`http://localhost:${proxy.port}`), 'alice'));
    const before = relay.server.getSocketIdByClientId('alice');
    const lost = alice.emitToWithAck('bob', 'mute');
    bob.onAny('mute', () => {});
    // The server hears nothing of this end: a half-open connection.
    proxy.blackhole();
    alice.io.engine.close();
    expect(await codeOf(lost)).toBe('LINK_DOWN');
    proxy.resume();
    await expect.poll(() => alice.isClientConnected('bob').catch(() => false)).toBe(true);
    expect(relay.server.getSocketIdByClientId('alice')).not.toBe(before);
    expect(relay.server.getAllClientId().sort()).toEqual(['alice', 'bob']);
    await proxy.close();
  });

  it('CC-2 the session that was replaced is told, disconnected and can do nothing more', async () => {
    const { server, rawSocket, connect } = await startRelay();
    const bob = await connect('bob');
    const auth = { clientId: 'alice', p2p: { version: 1, secret: 'same' } };
    const [first, second] = [rawSocket({ auth }), rawSocket({ auth, autoConnect: false })];
    const packets: unknown[][] = [];
    first.on('P2P', (_data, header) => packets.push(header));
    await next(first, 'P2P');
    const gone = next(first, 'disconnect');
    second.connect();
    expect((await gone)[0]).toBe('io server disconnect');
    expect(packets.map(([type]) => type)).toEqual(['welcome', 'end']);
    expect(server.getSocketIdByClientId('alice')).toBe(second.id);
    expect(await bob.isClientConnected('alice')).toBe(true);
  });

  it('CC-2 another instance with the same id replaces nobody', async () => {
    const { server, connect, rawSocket } = await startRelay();
    const alice = await connect('alice');
    const other = p2pClientPlugin(rawSocket({ reconnection: false }), 'alice');
    const [error] = await next<[P2PError]>(other, 'SERVER_ERROR');
    expect(error.code).toBe('CLIENT_ID_IN_USE');
    expect(server.getSocketIdByClientId('alice')).toBe(alice.id);
  });

  it('CC-2 when the link is lost, pairs and pending operations end with LINK_DOWN; listeners stay', async () => {
    const { server, connect } = await startRelay();
    const [alice, bob] = [await connect('alice'), await connect('bob')];
    await alice.addP2pTarget('bob');
    bob.onAny('mute', () => {});
    const heard: unknown[] = [];
    alice.onAny('x', () => heard.push('any'));
    alice.from('bob').on('x', () => heard.push('from'));
    const pending = [alice.emitToWithAck('bob', 'mute'), alice.emitToWithAck('bob', 'mute')].map(codeOf);
    const pairEnded = next(alice, 'MULTI_API_TARGET_DISCONNECT');
    await settled(alice);
    server.getSocketByClientId('alice')?.conn.close();
    expect(await Promise.all(pending)).toEqual(['LINK_DOWN', 'LINK_DOWN']);
    expect(await pairEnded).toEqual(['bob', 'LINK_DOWN']);
    expect(await codeOf(alice.getClientList())).toBe('LINK_DOWN');
    await next(alice, 'connect');
    await settled(alice);
    bob.emitTo('alice', 'x');
    await settled(bob, alice);
    expect(heard.sort()).toEqual(['any', 'from']);
  });

  it('CC-2 after a reconnect from() watches again: CM-5 holds', async () => {
    const { server, connect } = await startRelay();
    const [alice, bob] = [await connect('alice'), await connect('bob')];
    const heard: unknown[] = [];
    alice.from('bob').on('x', () => heard.push('x'));
    server.getSocketByClientId('alice')?.conn.close();
    await next(alice, 'connect');
    await settled(alice);
    bob.disconnect();
    await expect.poll(() => alice.isClientConnected('bob')).toBe(false);
    const again = await connect('bob');
    again.emitTo('alice', 'x');
    await settled(again, alice);
    expect(heard).toEqual([]);
  });

  it('CC-2 an operation of a connect handler waits for the welcome, also after a reconnect', async () => {
    const { server, connect } = await startRelay();
    const alice = await connect('alice');
    const listed = new Promise((resolve) => alice.on('connect', () => resolve(alice.getClientList())));
    server.getSocketByClientId('alice')?.conn.close();
    expect(await listed).toEqual(['alice']);
  });

  it("CC-2 Socket.IO's retries option repeats nothing of ours", async () => {
    const { server, connect } = await startRelay();
    const alice = await connect('alice', { retries: 3, ackTimeout: 50 });
    const bob = await connect('bob');
    const heard: unknown[] = [];
    bob.onAny('x', (_from, n, ack) => {
      heard.push(n);
      ack?.();
    });
    alice.emitTo('bob', 'x', 1);
    await alice.emitToWithAck('bob', 'x', 2);
    server.getSocketByClientId('alice')?.conn.close();
    await next(alice, 'connect');
    await settled(alice, bob);
    expect(heard).toEqual([1, 2]);
  });

  it('CC-2 a server without the plugin is named in the deadline', async () => {
    const { server, rawSocket } = await startRelay();
    server.of('/bare');
    const alice = p2pClientPlugin(rawSocket().io.socket('/bare'), 'alice');
    const error = (await alice
      .with({ timeout: 200 })
      .getClientList()
      .catch((e) => e)) as P2PError;
    expect(error).toMatchObject({ code: 'TIMEOUT', cause: { code: 'LINK_DOWN' } });
  });
});
