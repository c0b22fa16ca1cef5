import { describe, expect, it } from 'vitest';
import { HeldInput } from '../../src/server/held-input.js';
import type { RawServerSocket } from '../../src/server/raw-server.js';
import { Attacker } from '../hostile/support/attacker.js';
import { join, whole } from '../hostile/support/records.js';
import { next, settled, startRelay, type TestRelay } from '../support/relay.js';

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

  it.each([
    ['is kicked', ({ server }: TestRelay, { clientId }: Attacker) => void server.kick(clientId)],
    [
      'is disconnected with its connection',
      ({ server }: TestRelay, { clientId }: Attacker) => server.getSocketByClientId(clientId)?.disconnect(true),
    ],
  ])('R-1 who %s in the middle of one is gone, and its connection too', async (_, sendAway) => {
    const relay = await startRelay();
    const bob = await relay.connect('bob');
    const mallory = await Attacker.connect(relay.url, 'frames');
    const socket = relay.server.getSocketByClientId(mallory.clientId)?.conn.request.socket;
    let count = 0;
    bob.onAny('x', () => ++count === 1 && sendAway(relay, mallory));
    mallory.send(join(...Array.from({ length: 20_000 }, () => message('["mallory"]'))));
    await next(mallory.socket, 'disconnect');
    mallory.socket.disconnect();
    await expect.poll(() => socket?.destroyed).toBe(true);
    await settled(bob);
    expect(count).toBeLessThan(20_000);
  });

  it('R-1 messages of a poll that are many, but no frame of many, are not too much', async () => {
    const relay = await startRelay({ socketIo: { maxHttpBufferSize: 2e7 } });
    const [alice, bob] = [await relay.connect('alice', { transports: ['polling'] }), await relay.connect('bob')];
    let count = 0;
    bob.onAny('x', () => count++);
    for (let n = 0; n < 400; n++) alice.emitTo('bob', 'x', 'f'.repeat(20_000));
    for (let n = 0; n < 20_000; n++) alice.emitTo('bob', 'x', n);
    await settled(alice, bob);
    expect(count).toBe(20_400);
  });

  it('R-1 who goes on sending meanwhile is cut off before it fills the memory', async () => {
    const relay = await startRelay();
    const plain = await relay.connectPlain('alice');
    const socket = relay.server.getSocketByClientId('alice') as unknown as RawServerSocket;
    const held = new HeldInput(socket);
    held.begin();
    expect(held.take(Buffer.alloc(4_000_000))).toBe(true);
    expect(plain.connected).toBe(true);
    held.take(Buffer.alloc(1_000_000));
    await next(plain, 'disconnect');
    held.end();
  });
});
