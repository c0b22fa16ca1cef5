import { describe, expect, it } from 'vitest';
import { HeldInput } from '../../src/server/held-input.js';
import type { RawServerSocket } from '../../src/server/raw-server.js';
import { Attacker } from '../hostile/support/attacker.js';
import { join, whole } from '../hostile/support/records.js';
import { next, settled, startRelay } from '../support/relay.js';

const message = (data: string) => whole('message', { peer: 'bob', event: 'x', payload: 0, data });

describe('a frame of many packets is read in several turns', () => {
  it.each([
    ['a websocket', ['websocket']],
    ['long polling', ['polling']],
  ])('CM-2 and what comes behind it keeps its place, over %s', async (_, transports) => {
    const relay = await startRelay();
    const [alice, bob] = [await relay.connect('alice', { transports }), await relay.connect('bob')];
    const heard: unknown[] = [];
    bob.onAny('x', (_from, n) => heard.push(n));
    bob.on('app', (n: number) => heard.push(n));
    relay.server.getSocketByClientId('alice')?.on('app', (n: number) => relay.server.emitTo('bob', 'app', n));
    const sent = Array.from({ length: 12_000 }, (_, n) => n);
    for (const n of sent) {
      if (n % 2_500 === 2_499) alice.emit('app', n);
      else alice.emitTo('bob', 'x', n);
    }
    await settled(alice, bob);
    await expect.poll(() => heard).toEqual(sent);
  });

  it('R-1 others have their turn in between', async () => {
    const relay = await startRelay();
    const [bob, carol] = [await relay.connect('bob'), await relay.connect('carol')];
    const mallory = await Attacker.connect(relay.url, 'frames');
    const heard: string[] = [];
    bob.onAny('x', (_from, text) => {
      if (heard.push(text) === 1) carol.emitTo('bob', 'x', 'carol');
    });
    mallory.send(join(...Array.from({ length: 20_000 }, () => message('["mallory"]'))));
    await mallory.settled();
    await settled(carol, bob);
    expect(heard).toHaveLength(20_001);
    expect(heard.indexOf('carol')).toBeLessThan(19_000);
  });

  it('R-1 nothing of it is read once the session is over', async () => {
    const relay = await startRelay({
      plugin: { limits: { packetBurst: 10, packetsPerSecond: 1, violationBurst: 10, violationsPerSecond: 0 } },
    });
    const bob = await relay.connect('bob');
    const mallory = await Attacker.connect(relay.url, 'frames');
    const heard: unknown[] = [];
    bob.onAny('x', (_from, text) => heard.push(text));
    const { 'limit.hit': before } = relay.server.stats.events;
    mallory.send(join(...Array.from({ length: 20_000 }, () => message('["mallory"]'))));
    await next(mallory.socket, 'disconnect');
    await bob.isClientConnected('bob');
    expect(heard.length).toBeLessThanOrEqual(10);
    expect(relay.server.stats.events['limit.hit'] - before).toBeLessThan(20);
  });

  it('R-1 who goes on sending meanwhile is cut off before it fills the memory', async () => {
    const relay = await startRelay();
    const plain = await relay.connectPlain('alice');
    const socket = relay.server.getSocketByClientId('alice') as unknown as RawServerSocket;
    const held = new HeldInput(socket);
    held.begin();
    // One message may be as large as the application lets it be.
    expect(held.take(Buffer.alloc(5_000_000))).toBe(true);
    expect(plain.connected).toBe(true);
    held.take('one more');
    await next(plain, 'disconnect');
    held.end();
  });
});
