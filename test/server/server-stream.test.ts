import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { Server } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { p2pServerPlugin } from '../../src/server/p2p-server-plugin.js';
import { codeOf, next, settled, startRelay, thrownBy } from '../support/relay.js';
import { failureOf, nextStream, openPair, startClients } from '../support/streams.js';

describe('streams that the server opens', () => {
  it('SS-3 the server opens a stream as if it were a client, known by its id', async () => {
    const { relay, alice } = await startClients();
    const accepted = nextStream(alice);
    const near = await relay.server.addStreamAsClient('alice', { metadata: 'config' });
    const { duplex, incoming } = await accepted;
    expect(incoming).toEqual({ from: 'p2p:server', metadata: 'config', objectMode: false });
    near.end('from the server');
    expect(await text(duplex)).toBe('from the server');
  });

  it('SS-3 with its own id, many streams, both ways, more than a window', async () => {
    const relay = await startRelay({ plugin: { serverId: 'hub' } });
    const alice = await relay.connect('alice');
    alice.onAddP2pStream((duplex, { from }) => {
      expect(from).toBe('hub');
      duplex.pipe(duplex);
    });
    const bytes = Buffer.alloc(3_000_000, 'abc');
    const echoes = [1, 2, 3].map(async () => {
      const duplex = await relay.server.addStreamAsClient('alice');
      duplex.end(bytes);
      return (await buffer(duplex)).equals(bytes);
    });
    expect(await Promise.all(echoes)).toEqual([true, true, true]);
  });

  it('SS-3 fails as a client’s does', async () => {
    const { relay, alice } = await startClients();
    const { server } = relay;
    expect(await codeOf(server.addStreamAsClient('nobody'))).toBe('CLIENT_NOT_FOUND');
    expect(await codeOf(server.addStreamAsClient('alice'))).toBe('NO_LISTENER');
    expect(await codeOf(server.addStreamAsClient('alice', { maxWindow: 1 }))).toBe('INVALID_ARGUMENT');
    expect(await codeOf(server.addStreamAsClient(''))).toBe('INVALID_ARGUMENT');
    alice.onAddP2pStream({ accept: () => new Promise(() => {}) }, () => {});
    expect(await codeOf(server.with({ timeout: 30 }).addStreamAsClient('alice'))).toBe('TIMEOUT');
  });

  it('SS-2 a client that leaves ends the server’s streams to it, and an error reaches either side', async () => {
    const { relay, alice, bob } = await startClients();
    const accepted = [nextStream(alice), nextStream(bob)];
    const toAlice = await relay.server.addStreamAsClient('alice');
    const toBob = await relay.server.addStreamAsClient('bob');
    const failure = failureOf(toAlice);
    await accepted[0];
    alice.disconnect();
    expect((await failure).code).toBe('PEER_GONE');
    const { duplex } = await accepted[1]!;
    const remote = failureOf(duplex);
    toBob.on('error', () => {});
    toBob.destroy(Object.assign(new Error('no'), { code: 'EPIPE' }));
    expect(await remote).toMatchObject({ code: 'STREAM_RESET', details: { code: 'EPIPE' } });
  });

  it('SV-3 the server’s id is nobody else’s: no client connects with it, it is in no list and takes nothing', async () => {
    const { relay, alice } = await startClients();
    await codeOf(relay.server.addStreamAsClient('nobody'));
    const thief = relay.rawSocket({ auth: { clientId: 'p2p:server' }, reconnection: false });
    const [refusal] = await next<[Error & { data: { code: string } }]>(thief, 'connect_error');
    expect(refusal.data.code).toBe('CLIENT_ID_RESERVED');
    expect((await alice.getClientList()).sort()).toEqual(['alice', 'bob']);
    expect(Object.keys(relay.server.clientMap).sort()).toEqual(['alice', 'bob']);
    expect(await codeOf(alice.addP2pStream('p2p:server'))).toBe('NO_LISTENER');
    expect(await codeOf(alice.emitToWithAck('p2p:server', 'x'))).toBe('NO_LISTENER');
    expect(await codeOf(alice.addP2pTarget('p2p:server'))).toBe('NO_LISTENER');
    alice.emitTo('p2p:server', 'x');
    await settled(alice);
    expect(await codeOf(relay.server.emitToWithAck('p2p:server', 'x'))).toBe('CLIENT_NOT_FOUND');
    const socket = relay.server.getSocketByClientId('alice');
    expect(relay.server.getSocketByClientId('p2p:server')).toBeUndefined();
    expect(thrownBy(() => relay.server.addClient('p2p:server', socket!))).toMatch(
      /CLIENT_ID_RESERVED|INVALID_ARGUMENT/,
    );
    expect(relay.server.removeClient('p2p:server')).toBe(false);
    const accepted = nextStream(alice);
    const near = await relay.server.addStreamAsClient('alice');
    near.end('still there');
    expect(await text((await accepted).duplex)).toBe('still there');
  });

  it.each(['', 5, '__proto__', 'x'.repeat(129)])('R-2 %j is no serverId', (serverId) => {
    expect(thrownBy(() => p2pServerPlugin(new Server(), { serverId: serverId as string }))).toBe('CLIENT_ID_INVALID');
  });

  it('SS-2 a client that the server takes out loses its streams, and so do its peers', async () => {
    const { relay, alice, bob } = await startClients();
    const { near, far } = await openPair({ alice, bob });
    const failures = [failureOf(near), failureOf(far)];
    relay.server.removeClient('bob');
    expect((await Promise.all(failures)).map(({ code }) => code)).toEqual(['PEER_GONE', 'SESSION_REMOVED']);
    await Promise.all([near, far].map((duplex) => duplex.closed || once(duplex, 'close')));
  });
});
