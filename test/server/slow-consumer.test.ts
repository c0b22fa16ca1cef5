import { describe, expect, it, onTestFinished } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import type { P2PServerOptions } from '../../src/server/server-options.js';
import { codeOf, connected, next, rawSocketTo, settled, startRelay } from '../support/relay.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

const LIMIT = 1_000_000;
const text = 'x'.repeat(100_000);

/** Alice and carol, and bob, of whom nothing is read: what is more than the network takes waits in the server. */
async function scene(plugin: P2PServerOptions = {}, kind: 'plugin' | 'plain' = 'plugin') {
  const relay = await startRelay({ plugin: { ...plugin, limits: { maxQueuedBytes: LIMIT, ...plugin.limits } } });
  const proxy = await startTcpProxy(relay.port);
  const raw = rawSocketTo(`http://localhost:${proxy.port}`, { query: { clientId: 'bob' }, reconnection: false });
  if (kind === 'plain') await next(raw, 'connect');
  const bob = kind === 'plugin' ? await connected(p2pClientPlugin(raw, 'bob')) : raw;
  const alice = await relay.connect('alice');
  const heard: unknown[] = [];
  if (kind === 'plugin') (bob as typeof alice).onAny('news', (_from, n) => heard.push(n));
  else bob.on('news', (_from: string, n: number) => heard.push(n));
  proxy.stall('down');
  // A server does not close as long as somebody reads nothing.
  onTestFinished(() => proxy.resume());
  /** Sends until the server holds more than it should. */
  const flood = async () => {
    let count = 0;
    for (; relay.server.stats.events['session.slow'] === 0 && count < 2_000; count++) {
      alice.emitTo('bob', 'news', count, text);
      if (count % 20 === 0) await settled(alice);
    }
    expect(count).toBeLessThan(2_000);
    await settled(alice);
    return count;
  };
  return { relay, proxy, alice, bob, heard, flood };
}

describe('a client that does not read', () => {
  it.each(['plugin', 'plain'] as const)('R-1 (%s) is sent no more than so much: senders are told', async (kind) => {
    const { relay, proxy, alice, heard, flood } = await scene({}, kind);
    const count = await flood();
    expect(alice.errors[0]).toMatchObject({ code: 'PEER_TOO_SLOW', retryable: true });
    const before = alice.errors.length;
    alice.emitTo('bob', 'news', -1, text);
    expect(await codeOf(alice.emitToWithAck('bob', 'ask'))).toBe('PEER_TOO_SLOW');
    expect(await codeOf(alice.addP2pTarget('bob'))).toBe('PEER_TOO_SLOW');
    expect(alice.errors.length).toBe(before + 1);
    expect(relay.server.stats).toMatchObject({ clients: 2, requests: 0 });
    expect(relay.server.stats.events['session.slow']).toBe(1);
    proxy.resume();
    await expect.poll(() => heard).toEqual(Array.from({ length: count - before }, (_, n) => n));
    alice.emitTo('bob', 'news', 'again');
    await settled(alice);
    await expect.poll(() => heard.at(-1)).toBe('again');
  });

  it('R-1 with "drop", nobody is told; who waits for an answer is', async () => {
    const { alice, flood } = await scene({ slowConsumer: 'drop' });
    await flood();
    alice.emitTo('bob', 'news', -1);
    expect(await codeOf(alice.emitToWithAck('bob', 'ask'))).toBe('PEER_TOO_SLOW');
    expect(alice.errors).toEqual([]);
  });

  it('R-1 with "close", its session is over', async () => {
    const { relay, proxy, alice, bob, flood } = await scene({ slowConsumer: 'close' });
    const gone = next(bob, 'disconnect');
    await flood();
    await expect.poll(() => relay.server.getAllClientId()).toEqual(['alice']);
    proxy.resume();
    await gone;
    expect(await codeOf(alice.emitToWithAck('bob', 'ask'))).toBe('CLIENT_NOT_FOUND');
  });

  it('R-1 gets no answer that it does not take, and no end of refusals either', async () => {
    const { relay, alice, bob, flood } = await scene();
    await flood();
    // Each of its questions is answered by a few bytes, until even that is too much.
    const gone = new Promise((resolve) => relay.server.getSocketByClientId('bob')?.once('disconnect', resolve));
    for (let n = 0; n < 30_000; n++) bob.emit('P2P', null, ['clients', n]);
    await gone;
    expect(relay.server.getAllClientId()).toEqual(['alice']);
    expect(await codeOf(alice.emitToWithAck('bob', 'ask'))).toBe('CLIENT_NOT_FOUND');
  });

  it('R-1 is passed over in a room, and the sender told; the others hear it', async () => {
    const { relay, proxy, alice, bob, flood } = await scene();
    const carol = await relay.connect('carol');
    proxy.resume();
    for (const client of [bob as typeof alice, carol]) await client.joinRoom('lobby');
    proxy.stall('down');
    const heard: unknown[] = [];
    carol.onAny('hi', (...args) => heard.push(args));
    await flood();
    const before = alice.errors.length;
    alice.emitRoom('lobby', 'hi', 1);
    await settled(alice, carol);
    expect(heard).toEqual([['alice', 1]]);
    expect(alice.errors.slice(before).map(({ code }) => code)).toEqual(['PEER_TOO_SLOW']);
  });
});
