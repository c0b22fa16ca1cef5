import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import { connected, next, plainSettled, settled, startRelay } from '../support/relay.js';

const recovery = { connectionStateRecovery: { maxDisconnectionDuration: 60_000, skipMiddlewares: true } };

describe('with connection state recovery on', () => {
  it('CC-2 a recovered plugin client is a new session, and the application keeps its recovery', async () => {
    const { server, connect } = await startRelay({ socketIo: recovery });
    const [alice, bob] = [await connect('alice'), await connect('bob')];
    const app: unknown[] = [];
    alice.on('app', (n: number) => app.push(n));
    server.emitTo('alice', 'app', 1);
    await settled(alice);
    // A message whose last argument is a string must not be taken for Socket.IO's offset.
    const heard: unknown[] = [];
    alice.onAny('hi', (...args) => heard.push(args));
    bob.emitTo('alice', 'hi', 'text');
    await settled(bob, alice);
    const back = next(alice, 'connect');
    const { id } = alice;
    alice.io.engine.close();
    await back;
    await settled(alice);
    expect(alice.recovered).toBe(true);
    expect(alice.id).toBe(id);
    expect(server.getSocketIdByClientId('alice')).toBe(id);
    bob.emitTo('alice', 'hi', 'again');
    await settled(bob, alice);
    expect(heard).toEqual([
      ['bob', 'text'],
      ['bob', 'again'],
    ]);
    expect(app).toEqual([1]);
  });

  it('CC-2 recovery replays no packet of ours, to either kind of client', async () => {
    const { server, connect, connectPlain } = await startRelay({ socketIo: recovery });
    const [alice, bob] = [await connect('alice'), await connect('bob')];
    const plain = await connectPlain('plain', { reconnectionDelay: 10 });
    const heard: unknown[] = [];
    alice.onAny('x', (_from, n) => heard.push(`alice ${n}`));
    plain.on('x', (_from, n) => heard.push(`plain ${n}`));
    server.emitTo('alice', 'app', 1);
    server.emitTo('plain', 'app', 1);
    await alice.joinRoom('lobby');
    await plain.emitWithAck('JOIN_ROOM', { room: 'lobby' });
    const back = Promise.all([next(alice, 'connect'), next(plain, 'connect')]);
    // Written to a transport that is closing: lost, and not to be found again.
    const lose = (id: string) => server.getSocketByClientId(id)?.conn.close();
    bob.emitRoom('lobby', 'x', 1);
    await settled(bob, alice);
    await plainSettled(plain);
    lose('alice');
    lose('plain');
    bob.emitTo('alice', 'x', 2);
    bob.emitTo('plain', 'x', 2);
    bob.emitRoom('lobby', 'x', 3);
    await back;
    await settled(bob, alice);
    await plainSettled(plain);
    expect(plain.recovered).toBe(true);
    expect(heard.sort()).toEqual(['alice 1', 'plain 1']);
    expect(bob.errors.map(({ code }) => code)).toEqual(['CLIENT_NOT_FOUND', 'CLIENT_NOT_FOUND']);
  });

  it('CC-2 a plain client keeps its recovery however messages end; a null comes last', async () => {
    const { server, connect, connectPlain } = await startRelay({ socketIo: recovery });
    const alice = await connect('alice');
    const plain = await connectPlain('plain', { reconnectionDelay: 10 });
    const heard: unknown[][] = [];
    plain.on('x', (...args) => heard.push(args));
    server.emitTo('plain', 'app', 1);
    alice.emitTo('plain', 'x', 'text');
    await settled(alice);
    await plainSettled(plain);
    const back = next(plain, 'connect');
    plain.io.engine.close();
    await back;
    expect(plain.recovered).toBe(true);
    expect(heard).toEqual([['alice', 'text', null]]);
  });

  it('CC-2 a recovered socket whose id was taken meanwhile does not get back in', async () => {
    const { server, connectPlain, rawSocket } = await startRelay({ socketIo: recovery });
    const first = await connectPlain('alice', { reconnectionDelay: 300, randomizationFactor: 0 });
    server.emitTo('alice', 'app', 1);
    await plainSettled(first);
    const refused = next(first, 'SERVER_ERROR');
    const gone = next(first, 'disconnect');
    first.io.engine.close();
    await gone;
    const second = await connected(p2pClientPlugin(rawSocket(), 'alice'));
    expect(await refused).toMatchObject([{ code: 'CLIENT_ID_IN_USE' }, null]);
    expect(server.getSocketIdByClientId('alice')).toBe(second.id);
  });

  it('CC-2 a removed client that recovers is in again only as a new session with none of its reserved rooms', async () => {
    const { server, connectPlain } = await startRelay({ socketIo: recovery });
    const plain = await connectPlain('plain', { reconnectionDelay: 10 });
    server.emitTo('plain', 'app', 1);
    await plainSettled(plain);
    const socket = server.getSocketByClientId('plain');
    await socket?.join(['p2p:topic', 'lobby']);
    const back = next(plain, 'connect');
    plain.io.engine.close();
    await back;
    await plainSettled(plain);
    expect(plain.recovered).toBe(true);
    expect([...(server.getSocketByClientId('plain')?.rooms ?? [])].sort()).toEqual([plain.id, 'lobby'].sort());
  });

  it('CC-2 R-1 a recovered socket that names another client, or was removed, does not get in', async () => {
    const { server, rawSocket } = await startRelay({ socketIo: recovery });
    for (const [id, change, code] of [
      ['mallory', (socket: Socket) => Object.assign(socket.auth, { clientId: 'admin' }), 'CLIENT_ID_MISMATCH'],
      ['removed', () => server.removeClient('removed'), 'SESSION_REMOVED'],
    ] as const) {
      const socket = rawSocket({ auth: { clientId: id } });
      await next(socket, 'connect');
      server.emitTo(id, 'app', 1);
      await plainSettled(socket);
      change(socket);
      socket.off('SERVER_ERROR');
      const [back, refused] = [next(socket, 'connect'), next(socket, 'SERVER_ERROR')];
      if (id === 'removed') await next(socket, 'SERVER_ERROR');
      const told = id === 'removed' ? next(socket, 'SERVER_ERROR') : refused;
      const gone = next(socket, 'disconnect');
      socket.io.engine.close();
      await gone;
      await back;
      expect(socket.recovered).toBe(true);
      expect((await told)[0]).toMatchObject({ code });
      expect(server.getAllClientId()).toEqual([]);
      socket.disconnect();
    }
  });

  it('CC-2 an application that puts its own data on the socket, or adds clients by hand, keeps its recovery', async () => {
    const { server, rawSocket } = await startRelay({ socketIo: recovery, plugin: { clientId: 'optional' } });
    server.on('connection', (socket) => {
      socket.data = { user: 1 };
      if (socket.handshake.query.byHand) server.addClient('by hand', socket);
    });
    const alice = await connected(p2pClientPlugin(rawSocket(), 'alice'));
    const byHand = rawSocket({ query: { byHand: '1' } });
    await next(byHand, 'connect');
    for (const [socket, id] of [
      [alice, 'alice'],
      [byHand, 'by hand'],
    ] as const) {
      server.emitTo(id, 'app', 1);
      await next(socket, 'app');
      const back = next(socket, 'connect');
      socket.io.engine.close();
      await back;
      expect(socket.recovered).toBe(true);
    }
    expect(await alice.getClientList()).toEqual(['alice', 'by hand']);
  });

  it('CC-2 a client that was removed after a recovery gets in again by a new connect', async () => {
    const { server, connect } = await startRelay({ socketIo: recovery });
    const alice = await connect('alice');
    const told = next(alice, 'app');
    server.emitTo('alice', 'app', 1);
    await told;
    const back = next(alice, 'connect');
    alice.io.engine.close();
    await back;
    await settled(alice);
    const removed = next(alice, 'SERVER_ERROR');
    server.removeClient('alice');
    await removed;
    alice.disconnect().connect();
    expect(await alice.getClientList()).toEqual(['alice']);
  });
});
