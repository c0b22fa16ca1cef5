import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import { p2pServerPlugin } from '../../src/server/p2p-server-plugin.js';
import { connected, next, rawSocketTo, settled, startRelay } from '../support/relay.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

describe('what is written to a connection', () => {
  it.each(['plugin', 'plain'] as const)('CM-2 (%s) keeps its order while the network takes nothing', async (kind) => {
    const relay = await startRelay();
    const proxy = await startTcpProxy(relay.port);
    const raw = rawSocketTo(`http://localhost:${proxy.port}`, { query: { clientId: 'bob' }, reconnection: false });
    const heard: unknown[] = [];
    raw.on('app', (n: number) => heard.push(n));
    if (kind === 'plugin') {
      const bob = await connected(p2pClientPlugin(raw, 'bob'));
      bob.onAny('x', (_from, n) => heard.push(n));
    } else {
      raw.on('x', (_from: string, n: number) => heard.push(n));
      await next(raw, 'connect');
    }
    const alice = await relay.connect('alice');
    const socket = relay.server.getSocketByClientId('bob');
    proxy.stall('down');
    onTestFinished(() => proxy.resume());
    const filler = 'x'.repeat(200_000);
    const sent = Array.from({ length: 60 }, (_, n) => n);
    for (const n of sent) {
      // Long and short ones, frames and events, in one turn and in several.
      if (n % 4 === 0) socket?.emit('app', n, filler);
      else if (n % 4 === 1) relay.server.emitTo('bob', 'app', n);
      else alice.emitTo('bob', 'x', n, n % 8 === 2 ? filler : '');
      if (n % 4 === 3) await settled(alice);
    }
    proxy.resume();
    await expect.poll(() => heard).toEqual(sent);
  });

  it('R-1 is not written over while it waits', async () => {
    const relay = await startRelay();
    const proxy = await startTcpProxy(relay.port);
    const raw = rawSocketTo(`http://localhost:${proxy.port}`, { reconnection: false });
    const bob = await connected(p2pClientPlugin(raw, 'bob'));
    const [alice, carol] = [await relay.connect('alice'), await relay.connect('carol')];
    const heard: string[] = [];
    bob.onAny('x', (_from, text) => heard.push(text));
    proxy.stall('down');
    onTestFinished(() => proxy.resume());
    const texts = Array.from({ length: 800 }, (_, n) => String(n).padStart(4).repeat(5_000));
    for (const [n, text] of texts.entries()) {
      alice.emitTo('bob', 'x', text);
      alice.emitTo('carol', 'x', 'y'.repeat(20_000));
      if (n % 10 === 0) await settled(alice);
    }
    await settled(alice, carol);
    proxy.resume();
    await expect.poll(() => heard.length).toBe(texts.length);
    expect(heard.findIndex((text, n) => text !== texts[n])).toBe(-1);
  });

  it('is seen by whoever looks at it', async () => {
    const relay = await startRelay();
    const [alice, bob] = [await relay.connect('alice'), await relay.connect('bob')];
    const connection = relay.server.getSocketByClientId('bob')?.conn;
    const seen: unknown[] = [];
    connection?.on('packetCreate', ({ data }) => seen.push(data));
    alice.emitTo('bob', 'x');
    await settled(alice, bob);
    expect(seen.length).toBeGreaterThan(0);
  });

  it('has one listener, however many namespaces a connection has joined', async () => {
    const warned = vi.spyOn(process, 'emitWarning');
    const relay = await startRelay();
    const main = await relay.connect('alice');
    const names = Array.from({ length: 12 }, (_, n) => `/n${n}`);
    for (const name of names) p2pServerPlugin(relay.server.of(name), { authenticate: false });
    const others = names.map((name) => p2pClientPlugin(main.io.socket(name), 'alice'));
    for (const other of others) await connected(other);
    const connection = relay.server.getSocketByClientId('alice')?.conn;
    expect(connection?.listenerCount('packetCreate')).toBe(1);
    expect(warned).not.toHaveBeenCalled();
    for (const other of [...others, main]) other.disconnect();
    await expect.poll(() => connection?.listenerCount('packetCreate')).toBe(0);
  });
});
