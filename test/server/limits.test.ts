import { describe, expect, it } from 'vitest';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { DEFAULT_LIMITS, type ServerLimits } from '../../src/server/server-limits.js';
import { codeOf, next, plainSettled, settled, startRelay } from '../support/relay.js';

/** Alice has limits; bob takes all that she asks, and never answers "mute". */
async function scene(limits: Partial<ServerLimits>) {
  const relay = await startRelay({ plugin: { limits } });
  const bob = await relay.connect('bob', {}, { isService: true });
  bob.onAny('mute', (_from, _ack) => {});
  bob.onAddP2pTarget(() => {});
  bob.acceptStreams(() => {});
  bob.provideService('mute', () => new Promise(() => {}));
  for (const topic of ['a', 'b', 'c']) bob.createTopic(topic);
  return { relay, bob, alice: await relay.connect('alice') };
}

const limitOf = async (promise: Promise<unknown>) => {
  const error = (await promise.then(
    () => undefined,
    (reason) => reason,
  )) as P2PError | undefined;
  return error && [error.code, error.details];
};

describe('limits', () => {
  it('R-1 open requests: as many as there may be, and one more as soon as one is over', async () => {
    const { alice, bob, relay } = await scene({ maxRequests: 2 });
    const stop = new AbortController();
    const open = [
      codeOf(alice.with({ signal: stop.signal }).emitToWithAck('bob', 'mute')),
      codeOf(alice.callService('bob', 'mute')),
    ];
    expect(await limitOf(alice.emitToWithAck('bob', 'mute'))).toEqual([
      'LIMIT_EXCEEDED',
      { limit: 'maxRequests', most: 2 },
    ]);
    expect(relay.server.stats.requests).toBe(2);
    stop.abort();
    expect(await open[0]).toBe('ABORTED');
    const another = codeOf(alice.emitToWithAck('bob', 'mute'));
    await settled(alice);
    expect(relay.server.stats.requests).toBe(2);
    bob.disconnect();
    expect([await open[1], await another]).toEqual(['PEER_GONE', 'PEER_GONE']);
    expect(relay.server.stats.requests).toBe(0);
  });

  it('R-1 streams: those that a client has opened, not those that others open to it', async () => {
    const { alice, bob, relay } = await scene({ maxStreams: 2 });
    alice.acceptStreams(() => {});
    const streams = [await alice.openStream('bob'), await alice.openStream('bob')];
    const full = ['LIMIT_EXCEEDED', { limit: 'maxStreams', most: 2 }];
    expect(await limitOf(alice.openStream('bob'))).toEqual(full);
    await bob.openStream('alice');
    streams[0]?.reset();
    await settled(alice);
    await alice.openStream('bob');
    expect(await limitOf(alice.openStream('bob'))).toEqual(full);
    expect(relay.server.stats.streams).toBe(3);
  });

  it('R-1 streams that are asked for at the same time are counted when they open', async () => {
    const { alice, relay } = await scene({ maxStreams: 2 });
    const codes = await Promise.all(Array.from({ length: 5 }, () => codeOf(alice.openStream('bob'))));
    expect(codes.sort()).toEqual([...Array(3).fill('LIMIT_EXCEEDED'), ...Array(2).fill('no error')]);
    expect(relay.server.stats.streams).toBe(2);
  });

  it('R-1 pairs: those that a client has asked for', async () => {
    const { alice, bob, relay } = await scene({ maxPairs: 1 });
    const carol = await relay.connect('carol');
    for (const client of [alice, carol]) client.onAddP2pTarget(() => {});
    await alice.addP2pTarget('bob');
    await alice.addP2pTarget('bob');
    const full = ['LIMIT_EXCEEDED', { limit: 'maxPairs', most: 1 }];
    expect(await limitOf(alice.addP2pTarget('carol'))).toEqual(full);
    await carol.addP2pTarget('alice');
    bob.disconnect();
    await expect.poll(() => relay.server.stats.pairs).toBe(1);
  });

  it('R-1 watched peers, there or not', async () => {
    const { alice, bob, relay } = await scene({ maxWatches: 2 });
    alice.from('bob').on('x', () => {});
    alice.from('nobody').on('x', () => {});
    alice.from('bob').on('y', () => {});
    await settled(alice);
    expect(alice.errors).toEqual([]);
    const nobody = alice.from('nobody else');
    nobody.on('x', () => {});
    await settled(alice);
    expect(alice.errors.map(({ details }) => details)).toEqual([{ limit: 'maxWatches', most: 2 }]);
    bob.disconnect();
    await expect.poll(() => relay.server.stats.watches).toBe(1);
    alice.from('nobody').off('x');
    await settled(alice);
    expect(relay.server.stats.watches).toBe(0);
  });

  it('R-1 subscriptions, also those that are asked for at the same time', async () => {
    const { alice, relay } = await scene({ maxSubscriptions: 2 });
    const asked = ['a', 'b', 'c'].map((topic) => alice.subscribeTopic('bob', topic, () => {}));
    const codes = await Promise.all(asked.map(({ ready }) => codeOf(ready)));
    expect(codes).toEqual(['no error', 'no error', 'LIMIT_EXCEEDED']);
    expect(relay.server.stats.subscriptions).toBe(2);
    await alice.unsubscribeTopic('bob', 'a');
    expect(await codeOf(alice.subscribeTopic('bob', 'c', () => {}).ready)).toBe('no error');
  });

  it('R-1 topics of a service that have subscribers', async () => {
    const { alice, relay } = await scene({ maxTopics: 2 });
    for (const topic of ['a', 'b']) await alice.subscribeTopic('bob', topic, () => {}).ready;
    expect(await limitOf(alice.subscribeTopic('bob', 'c', () => {}).ready)).toEqual([
      'LIMIT_EXCEEDED',
      { limit: 'maxTopics', most: 2 },
    ]);
    const carol = await relay.connect('carol');
    await carol.subscribeTopic('bob', 'a', () => {}).ready;
    expect(relay.server.stats).toMatchObject({ topics: 2, subscriptions: 3 });
  });

  it('R-1 rooms of a socket', async () => {
    const { alice, relay } = await scene({ maxRooms: 2 });
    await alice.joinRoom('one');
    await alice.joinRoom('two');
    await alice.joinRoom('two');
    expect(await limitOf(alice.joinRoom('three'))).toEqual(['LIMIT_EXCEEDED', { limit: 'maxRooms', most: 2 }]);
    await alice.leaveRoom('one');
    await alice.joinRoom('three');
    expect([...(relay.server.getSocketByClientId('alice')?.rooms ?? [])].slice(1)).toEqual(['two', 'three']);
  });

  it('R-1 services of the whole server', async () => {
    const { bob, relay } = await scene({ maxServices: 2 });
    await relay.connect('second', {}, { isService: true });
    const third = await relay.connect('third', {}, { isService: true });
    expect(third.errors.map(({ details }) => details)).toEqual([{ limit: 'maxServices', most: 2 }]);
    expect(await third.getServiceList()).toEqual(['bob', 'second']);
    bob.disconnect();
    await expect.poll(() => relay.server.stats.services).toBe(1);
    await relay.connect('fourth', {}, { isService: true });
    expect(relay.server.stats.services).toBe(2);
  });

  it('R-1 the size of a payload, but for streams; a plain client is held to it too', async () => {
    const { alice, bob, relay } = await scene({ maxPayloadBytes: 1_000 });
    bob.onAny('echo', (_from, text, ack) => ack(text.length));
    const fitting = 'x'.repeat(1_000 - '[""]'.length);
    expect(await alice.emitToWithAck('bob', 'echo', fitting)).toBe(996);
    const details = { limit: 1_000, size: 1_001 };
    expect(await limitOf(alice.emitToWithAck('bob', 'echo', `${fitting}x`))).toEqual(['PAYLOAD_TOO_LARGE', details]);
    const plain = await relay.connectPlain('plain');
    const ask = (text: string) =>
      plain.emitWithAck('P2P_EMIT_ACKNOWLEDGE', { targetClientId: 'bob', event: 'echo', args: [text] });
    expect(await ask(fitting)).toEqual({ args: [996] });
    expect((await ask(`${fitting}x`)).error.details).toEqual(details);
    const { writable } = await alice.openStream('bob');
    const writer = writable.getWriter();
    await writer.write(new Uint8Array(50_000));
    await settled(alice);
    expect(alice.errors).toEqual([]);
  });

  it('R-1 the size of a packet, which a client is told and keeps to', async () => {
    const { alice } = await scene({ maxPacketBytes: 100_000 });
    expect(await codeOf(alice.emitToWithAck('bob', 'mute', 'x'.repeat(100_000)))).toBe('PAYLOAD_TOO_LARGE');
    expect(alice.connected).toBe(true);
  });

  it.each([
    ['packets', { packetsPerSecond: 0, packetBurst: 20 }, 'packetsPerSecond'],
    ['bytes', { bytesPerSecond: 0, byteBurst: 200 }, 'bytesPerSecond'],
  ])('R-1 the rate of %s: what is beyond is refused, each by its own answer', async (_what, limits, limit) => {
    const { alice, bob } = await scene(limits);
    bob.onAny('echo', (_from, text, ack) => ack(text.length));
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, () => limitOf(alice.emitToWithAck('bob', 'echo', 'x'.repeat(16)))),
    );
    const refused = outcomes.filter((outcome) => outcome !== undefined);
    expect(refused.length).toBeGreaterThan(20);
    expect(refused.length).toBeLessThan(40);
    for (const [code, details] of refused) {
      expect([code, (details as { limit: string }).limit]).toEqual(['RATE_LIMITED', limit]);
    }
  });

  it('R-1 what credit pays for is no matter of rates', async () => {
    const { alice, bob } = await scene({ packetsPerSecond: 0, packetBurst: 40, bytesPerSecond: 0, byteBurst: 4_000 });
    const sums: Promise<number>[] = [];
    bob.offAddP2pStream();
    bob.acceptStreams(({ readable }) => void sums.push(sizeOf(readable)));
    const { writable } = await alice.openStream('bob');
    const writer = writable.getWriter();
    for (let n = 0; n < 200; n++) await writer.write(new Uint8Array(60_000));
    await writer.close();
    expect(await sums[0]).toBe(12_000_000);
    expect([alice.errors, bob.errors]).toEqual([[], []]);
  });

  it('R-1 who goes on breaking the rules is closed, and does not come back by itself', async () => {
    const { alice, relay } = await scene({ violationBurst: 5, violationsPerSecond: 0, maxRooms: 0 });
    const told: P2PError[] = [];
    const gone = next(alice, 'disconnect');
    alice.on('SERVER_ERROR', (error: P2PError) => told.push(error));
    const codes = Promise.all(Array.from({ length: 8 }, () => codeOf(alice.joinRoom('lobby'))));
    await gone;
    expect((await codes).filter((code) => code === 'LIMIT_EXCEEDED').length).toBe(6);
    expect(told.map(({ code, retryable }) => [code, retryable])).toEqual([['POLICY_VIOLATION', false]]);
    expect([relay.server.getAllClientId(), alice.active]).toEqual([['bob'], false]);
    expect(relay.server.stats.events['limit.hit']).toBe(6);
    alice.connect();
    await next(alice, 'connect');
    await settled(alice);
  });

  it.each(['plugin', 'plain'])('R-1 a %s client that sends what nobody can read is closed', async (kind) => {
    const { relay } = await scene({ violationBurst: 5, violationsPerSecond: 0 });
    const p2p = { version: 1, secret: 's' };
    const mallory = relay.rawSocket({
      auth: { clientId: 'mallory', ...(kind === 'plugin' && { p2p }) },
      reconnection: false,
    });
    await next(mallory, 'connect');
    const gone = next(mallory, 'disconnect');
    for (let n = 0; n < 20; n++) mallory.emit('P2P', null, ['nonsense', n]);
    await gone;
    expect(relay.server.stats.events['packet.invalid']).toBe(6);
    expect(relay.server.getAllClientId()).toEqual(['bob', 'alice']);
  });

  it('R-1 a socket without a session is held to it too', async () => {
    const { relay } = await scene({ violationBurst: 5, violationsPerSecond: 0 });
    const plain = await relay.connectPlain('plain');
    relay.server.removeClient('plain');
    const gone = next(plain, 'disconnect');
    for (let n = 0; n < 20; n++) plain.emit('GET_CLIENT_LIST');
    await gone;
    expect(relay.server.stats.events['packet.invalid']).toBe(6);
  });

  it('R-1 joining the namespace again on the same connection fills no budget', async () => {
    const { relay } = await scene({ packetsPerSecond: 0, packetBurst: 10 });
    const codes: unknown[] = [];
    const plain = await relay.connectPlain('plain');
    for (let round = 0; round < 4; round++) {
      for (let n = 0; n < 4; n++) codes.push((await plain.emitWithAck('GET_CLIENT_LIST')).error?.code);
      plain.disconnect();
      // The connection stays, as another namespace would keep it.
      plain.connect();
      await next(plain, 'connect');
    }
    expect(codes.filter((code) => code === undefined).length).toBeLessThanOrEqual(16);
  });

  it('R-1 what ends something is never refused for a rate', async () => {
    const { alice, relay } = await scene({ packetsPerSecond: 0, packetBurst: 8 });
    const stream = await alice.openStream('bob');
    const subscription = alice.subscribeTopic('bob', 'a', () => {});
    await subscription.ready;
    const stop = new AbortController();
    const asked = codeOf(alice.with({ signal: stop.signal }).emitToWithAck('bob', 'mute'));
    for (let n = 0; n < 10; n++) alice.emitTo('bob', 'x');
    stop.abort();
    stream.reset();
    await alice.unsubscribeTopic('bob', 'a');
    await asked;
    await expect.poll(() => relay.server.stats).toMatchObject({ requests: 0, streams: 0, subscriptions: 0 });
  });

  it('R-1 credit for what has ended is not free', async () => {
    const { relay, bob } = await scene({ packetsPerSecond: 0, packetBurst: 20 });
    const mallory = relay.rawSocket({ auth: { clientId: 'mallory', p2p: { version: 1, secret: 's' } } });
    const refused: unknown[] = [];
    mallory.on('P2P', (data: string, header: unknown[]) => header[0] === 'reset' && refused.push(JSON.parse(data)[0]));
    await next(mallory, 'P2P');
    bob.offAddP2pStream();
    bob.acceptStreams(({ writable }) => writable.close());
    mallory.emit('P2P', '[]', ['open', 'bob', 0, 1, 1_000, 'bytes', 1_000, 0]);
    await expect.poll(() => relay.server.stats.streams).toBe(1);
    await settled(bob);
    for (let n = 0; n < 100; n++) mallory.emit('P2P', null, ['credit', 1, 2_000, 0]);
    await expect.poll(() => refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ code: 'RATE_LIMITED' });
  });

  it('R-1 the bytes of a plain client are counted', async () => {
    const { relay } = await scene({ bytesPerSecond: 0, byteBurst: 2_000 });
    const plain = await relay.connectPlain('plain');
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () =>
        plain.emitWithAck('P2P_EMIT_ACKNOWLEDGE', { targetClientId: 'nobody', event: 'x', args: ['x'.repeat(1_000)] }),
      ),
    );
    const codes = outcomes.map(({ error }) => error.code);
    expect(codes.filter((code) => code === 'CLIENT_NOT_FOUND').length).toBe(1);
    expect(codes.filter((code) => code === 'RATE_LIMITED').length).toBe(49);
  });

  it.each([
    ['JOIN_ROOM', 42],
    ['SERVICE_CALL', {}],
    ['MULTI_API_CREATE_STREAM', { targetClientId: 7 }],
    ['MULTI_API_STREAM_CHUNK', 'x'],
    ['TOPIC_SUBSCRIBE', null],
  ])('R-1 a malformed body of %s counts against its sender', async (event, body) => {
    const { relay } = await scene({ violationBurst: 5, violationsPerSecond: 0 });
    const plain = await relay.connectPlain('plain', { reconnection: false });
    const gone = next(plain, 'disconnect');
    for (let n = 0; n < 10; n++) plain.emit(event, body, () => {});
    await gone;
    expect(relay.server.stats.events['packet.invalid']).toBe(6);
  });

  it('R-1 who subscribes to as much as it may can subscribe to that again', async () => {
    const { alice } = await scene({ maxSubscriptions: 1 });
    await alice.subscribeTopic('bob', 'a', () => {}).ready;
    expect(await codeOf(alice.subscribeTopic('bob', 'a', () => {}).ready)).toBe('no error');
    expect(await codeOf(alice.subscribeTopic('bob', 'b', () => {}).ready)).toBe('LIMIT_EXCEEDED');
  });

  it('R-1 the rooms of topics are not counted as rooms', async () => {
    const { alice } = await scene({ maxRooms: 1 });
    for (const topic of ['a', 'b']) await alice.subscribeTopic('bob', topic, () => {}).ready;
    await alice.joinRoom('lobby');
    expect(await codeOf(alice.joinRoom('hall'))).toBe('LIMIT_EXCEEDED');
  });

  it('R-1 a plain client has the same limits', async () => {
    const { relay } = await scene({ maxRequests: 1, packetsPerSecond: 0, packetBurst: 3 });
    const plain = await relay.connectPlain('plain');
    const ask = () => plain.emitWithAck('P2P_EMIT_ACKNOWLEDGE', { targetClientId: 'bob', event: 'mute' });
    ask().catch(() => {});
    expect((await ask()).error.code).toBe('LIMIT_EXCEEDED');
    await plainSettled(plain);
    expect((await ask()).error.code).toBe('RATE_LIMITED');
  });

  it('R-1 no limit at all is Infinity, for each of them that is a number of things', async () => {
    const numbers = Object.keys(DEFAULT_LIMITS).filter((name) => !name.endsWith('Timeout'));
    const { alice } = await scene(Object.fromEntries(numbers.map((name) => [name, Number.POSITIVE_INFINITY])));
    await alice.joinRoom('lobby');
    expect(await alice.getClientList()).toEqual(['bob', 'alice']);
  });
});

async function sizeOf(readable: ReadableStream): Promise<number> {
  let size = 0;
  const reader = readable.getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    size += value?.byteLength ?? 0;
  }
  return size;
}
