import type { Socket } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { codeOf, connected, next, plainSettled, rawSocketTo, settled, startRelay } from '../support/relay.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

const once = { reconnection: false };

async function refusalOf(socket: Socket): Promise<string> {
  const [error] = await next<[Error & { data: { code: string } }]>(socket, 'connect_error');
  return error.data.code;
}

describe('a second holder of an id', () => {
  it('SC-5 is refused while the first is there', async () => {
    const relay = await startRelay();
    const alice = await relay.connect('alice');
    expect(await refusalOf(relay.rawSocket({ query: { clientId: 'alice' }, ...once }))).toBe('CLIENT_ID_IN_USE');
    await settled(alice);
    expect([alice.errors, relay.server.getSocketIdByClientId('alice')]).toEqual([[], alice.id]);
    expect(relay.server.stats.events['session.takeover']).toBe(0);
  });

  it.each(['plugin', 'plain'])(
    'R-1 gets in where the first is a half-open %s client, and the first out',
    async (kind) => {
      const relay = await startRelay({ plugin: { limits: { probeTimeout: 20 } } });
      const proxy = await startTcpProxy(relay.port);
      const raw = rawSocketTo(`http://localhost:${proxy.port}`, { query: { clientId: 'alice' } });
      const first = kind === 'plugin' ? await connected(p2pClientPlugin(raw, 'alice')) : raw;
      if (kind === 'plain') await next(raw, 'connect');
      proxy.stall();
      const second = await relay.connectPlain('alice');
      expect(relay.server.getSocketIdByClientId('alice')).toBe(second.id);
      expect(relay.server.stats.events['session.takeover']).toBe(1);
      const told = next<[P2PError]>(first, 'SERVER_ERROR');
      proxy.resume();
      expect((await told)[0].code).toBe('SESSION_REPLACED');
    },
  );

  it('R-1 is refused where the first is only slow: what others send it must not cost it its id', async () => {
    const relay = await startRelay({ plugin: { limits: { probeTimeout: 20 } } });
    const proxy = await startTcpProxy(relay.port);
    const raw = rawSocketTo(`http://localhost:${proxy.port}`, { query: { clientId: 'alice' } });
    await connected(p2pClientPlugin(raw, 'alice'));
    const bob = await relay.connect('bob');
    proxy.stall('down');
    onTestFinished(() => proxy.resume());
    const text = 'x'.repeat(500_000);
    while (relay.server.stats.queuedBytes === 0) {
      bob.emitTo('alice', 'news', text);
      await settled(bob);
    }
    expect(await refusalOf(relay.rawSocket({ query: { clientId: 'alice' }, ...once }))).toBe('CLIENT_ID_IN_USE');
  });

  it('R-1 takes the id over where the server says so; the first is told, and can do nothing any more', async () => {
    const relay = await startRelay({ plugin: { duplicates: 'takeover' } });
    const [first, bob] = [await relay.connect('alice'), await relay.connect('bob')];
    const heard: unknown[] = [];
    bob.onAny('hi', (...args) => heard.push(args));
    const told = next<[P2PError]>(first, 'SERVER_ERROR');
    const gone = next(first, 'disconnect');
    const second = await relay.connect('alice');
    expect((await told)[0]).toMatchObject({ code: 'SESSION_REPLACED', retryable: false });
    await gone;
    second.emitTo('bob', 'hi', 2);
    await settled(second, bob);
    expect(heard).toEqual([['alice', 2]]);
    expect(relay.server.getSocketIdByClientId('alice')).toBe(second.id);
    expect(relay.server.stats.events['session.takeover']).toBe(1);
    expect(await codeOf(first.emitToWithAck('bob', 'hi', 1))).toBe('SESSION_REPLACED');
  });

  it('R-1 a client that was taken over does not come back by connection state recovery', async () => {
    const connectionStateRecovery = { maxDisconnectionDuration: 60_000, skipMiddlewares: true };
    const relay = await startRelay({ socketIo: { connectionStateRecovery }, plugin: { duplicates: 'takeover' } });
    const first = await relay.connectPlain('alice', { reconnectionDelay: 10 });
    relay.server.emitTo('alice', 'app', 'offset');
    await plainSettled(first);
    const told = next(first, 'SERVER_ERROR');
    const second = await relay.connectPlain('alice');
    await told;
    await plainSettled(second);
    expect([first.connected, relay.server.getSocketIdByClientId('alice')]).toEqual([false, second.id]);
    // What it remembers of its old session is worth nothing.
    first.connect();
    await next(first, 'connect');
    expect(first.recovered).toBe(false);
  });

  it('R-1 of many that connect at once exactly one gets in', async () => {
    const relay = await startRelay();
    const sockets = Array.from({ length: 60 }, (_, i) =>
      relay.rawSocket(i % 2 ? { query: { clientId: 'alice' }, ...once } : { auth: { clientId: 'alice' }, ...once }),
    );
    const outcomes = await Promise.all(
      sockets.map((socket) =>
        Promise.race([next(socket, 'SERVER_ERROR'), refusalOf(socket), plainConnected(socket)]).then(String),
      ),
    );
    expect(relay.server.getAllClientId()).toEqual(['alice']);
    expect(sockets.filter(({ id }) => id === relay.server.getSocketIdByClientId('alice')).length).toBe(1);
    expect(outcomes.filter((outcome) => outcome === 'in').length).toBe(1);
  });
});

async function plainConnected(socket: Socket): Promise<string> {
  await next(socket, 'connect');
  const { error } = await socket.emitWithAck('IS_CLIENT_CONNECTED', { targetClientId: 'alice' });
  return error ? error.code : 'in';
}
