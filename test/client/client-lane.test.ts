import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import { p2pServerPlugin } from '../../src/server/p2p-server-plugin.js';
import { connected, ENVELOPES, next, type RelaySetup, settled, startRelay, type TestClient } from '../support/relay.js';

/** What the connection of a client writes, by kind. */
function written({ io }: TestClient): { texts: string[]; frames: Uint8Array[] } {
  const log = { texts: [] as string[], frames: [] as Uint8Array[] };
  io.engine.on('packetCreate', ({ type, data }: { type: string; data?: unknown }) => {
    if (type !== 'message') return;
    if (typeof data === 'string') log.texts.push(data);
    else log.frames.push(data as Uint8Array);
  });
  return log;
}

/** Exchanges messages, answers, bytes and a stream with another client, in both directions. */
async function expectAllToWork(alice: TestClient, bob: TestClient): Promise<void> {
  const heard: unknown[] = [];
  for (const [me, peer] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    me.onAny('n', (from, ...args) => heard.push([from, ...args]));
    me.onAny('double', (_from, n, ack) => ack(n * 2));
    peer.emitTo(me.clientId, 'n', 1, { ä: ['€'] });
    peer.emitTo(me.clientId, 'n', Buffer.from('bytes'), { deep: [Buffer.from('more')] });
    expect(await peer.emitToWithAck(me.clientId, 'double', 21)).toBe(42);
  }
  const bytes = (text: string) => Buffer.from(text);
  const all = (from: string) => [
    [from, 1, { ä: ['€'] }],
    [from, bytes('bytes'), { deep: [bytes('more')] }],
  ];
  expect(heard).toEqual([...all(bob.clientId), ...all(alice.clientId)]);
  const arrived = new Promise<string>((resolve) => {
    bob.onAddP2pStream(async (duplex) => {
      let text = '';
      for await (const chunk of duplex) text += chunk;
      resolve(text);
    });
  });
  const duplex = await alice.addP2pStream(bob.clientId);
  for (let n = 0; n < 20; n++) duplex.write('x'.repeat(20_000));
  duplex.end('y');
  expect(await arrived).toBe(`${'x'.repeat(400_000)}y`);
  expect([alice.errors, bob.errors]).toEqual([[], []]);
  bob.offAddP2pStream();
  for (const client of [alice, bob]) client.offAny();
}

describe('frames between a client and the server', () => {
  it('CM-2 what is sent in one turn leaves as one message, and arrives in its order', async () => {
    const relay = await startRelay();
    const [alice, bob] = [await relay.connect('alice'), await relay.connect('bob')];
    const heard: unknown[] = [];
    for (const event of ['a', 'b']) bob.onAny(event, (_from, n) => heard.push([event, n]));
    const log = written(alice);
    for (let n = 0; n < 10; n++) alice.emitTo('bob', n % 2 ? 'a' : 'b', n);
    alice.emitRoom('nobody', 'x');
    await settled(alice, bob);
    expect(log.texts).toEqual([]);
    // With what `settled` asks for.
    expect(log.frames).toHaveLength(1);
    expect(heard).toEqual(Array.from({ length: 10 }, (_, n) => [n % 2 ? 'a' : 'b', n]));
  });

  it.each<[string, RelaySetup, object, object]>([
    ['long polling', {}, { transports: ['polling'] }, {}],
    ['an upgrade to a websocket', {}, { transports: ['polling', 'websocket'] }, {}],
    ['compression', { socketIo: { perMessageDeflate: { threshold: 0 } } }, { perMessageDeflate: { threshold: 0 } }, {}],
    ['base64', {}, { forceBase64: true }, {}],
    ['connection state recovery', { socketIo: { connectionStateRecovery: {} } }, {}, {}],
    ['small messages only', { socketIo: { maxHttpBufferSize: 20_000 } }, {}, {}],
    ['envelopes on one side', {}, {}, ENVELOPES],
  ])('SC-4 over %s everything works', async (_name, setup, options, plugin) => {
    const relay = await startRelay(setup);
    const alice = await relay.connect('alice', options);
    const bob = await relay.connect('bob', options, plugin);
    await expectAllToWork(alice, bob);
  });

  it('CC-2 array buffers in place of Buffers are read too', async () => {
    const relay = await startRelay();
    const socket = relay.rawSocket({ autoConnect: false });
    const alice = p2pClientPlugin(socket, 'alice');
    socket.io.on('open', () => {
      socket.io.engine.binaryType = 'arraybuffer';
    });
    socket.connect();
    const bob = await relay.connect('bob');
    const heard: unknown[] = [];
    alice.onAny('x', (_from, ...args) => heard.push(args));
    await alice.isClientConnected('bob');
    bob.emitTo('alice', 'x', 'ä'.repeat(40), { n: 1 });
    await settled(bob);
    await alice.isClientConnected('bob');
    expect(heard).toEqual([['ä'.repeat(40), { n: 1 }]]);
  });

  it('CC-2 what comes right behind the welcome is heard', async () => {
    const relay = await startRelay();
    relay.server.on('connection', ({ id }) => {
      const clientId = relay.server.getClientIdBySocketId(id);
      if (clientId?.startsWith('unwanted')) relay.server.kick(clientId, 'no place');
    });
    for (let n = 0; n < 10; n++) {
      const unwanted = p2pClientPlugin(relay.rawSocket({ reconnection: false }), `unwanted-${n}`);
      const [error] = await next<[{ code: string }]>(unwanted, 'SERVER_ERROR');
      expect(error.code).toBe('SESSION_KICKED');
    }
  });

  it('SC-5 several namespaces on one connection do not mix', async () => {
    const relay = await startRelay();
    p2pServerPlugin(relay.server.of('/other'), { authenticate: false });
    const main = await relay.connect('alice');
    const other = await connected(p2pClientPlugin(main.io.socket('/other'), 'alice'));
    const [bob, carol] = [await relay.connect('bob'), await relay.connect('carol')];
    const otherBob = await connected(p2pClientPlugin(bob.io.socket('/other'), 'bob'));
    await expectAllToWork(main, bob);
    await expectAllToWork(other, otherBob);
    await expectAllToWork(main, carol);
    main.disconnect();
    await expect.poll(() => relay.server.getAllClientId()).toEqual(['bob', 'carol']);
    await expectAllToWork(other, otherBob);
  });

  it('CC-2 they begin anew with each connection', async () => {
    const relay = await startRelay();
    const [alice, bob] = [await relay.connect('alice'), await relay.connect('bob')];
    const heard: unknown[] = [];
    bob.onAny('x', (_from, n) => heard.push(n));
    for (let round = 0; round < 3; round++) {
      alice.emitTo('bob', 'x', round);
      await settled(alice, bob);
      alice.io.engine.close();
      await next(alice, 'connect');
      await settled(alice);
    }
    expect(heard).toEqual([0, 1, 2]);
    expect(alice.errors).toEqual([]);
  });

  it('CM-2 a message keeps its name when the numbers of names begin anew', async () => {
    const relay = await startRelay();
    const [alice, bob, carol] = [
      await relay.connect('alice'),
      await relay.connect('bob'),
      await relay.connect('carol'),
    ];
    const heard: unknown[] = [];
    bob.onMessage(({ from, event }) => void (from === 'alice' && heard.push(event)));
    alice.emitTo('bob', 'x');
    await settled(alice);
    // More than there are numbers.
    for (let n = 0; n < 1_100; n++) carol.emitTo('bob', `event-${n}`);
    await settled(carol);
    alice.emitTo('bob', 'x');
    await settled(alice, bob);
    expect(heard).toEqual(['x', 'x']);
  });

  it('SC-1 whoever has an id now gets what is sent to it, also in the middle of a row', async () => {
    const relay = await startRelay();
    const alice = await relay.connect('alice');
    const heard: unknown[] = [];
    for (let round = 0; round < 4; round++) {
      const bob = await relay.connect('bob');
      bob.onAny('x', (_from, n) => heard.push([round, n]));
      alice.emitTo('bob', 'x', 1);
      await settled(alice, bob);
      alice.emitTo('bob', 'x', 2);
      await settled(alice, bob);
      bob.disconnect();
      await expect.poll(() => relay.server.getAllClientId()).toEqual(['alice']);
      alice.emitTo('bob', 'x', 3);
      await settled(alice);
    }
    expect(heard).toEqual(
      [0, 1, 2, 3].flatMap((round) => [
        [round, 1],
        [round, 2],
      ]),
    );
    expect(alice.errors.map(({ code }) => code)).toEqual(Array(4).fill('CLIENT_NOT_FOUND'));
  });

  it('CC-2 a plugin that comes after the connect has them too, and one more beside it', async () => {
    const relay = await startRelay();
    const raw = await relay.connectPlain('alice');
    const alice = await connected(p2pClientPlugin(raw, 'alice'));
    const bob = await relay.connect('bob');
    const log = written(alice);
    await expectAllToWork(alice, bob);
    expect(log.texts).toEqual([]);
    expect(log.frames.length).toBeGreaterThan(3);
  });

  it('CC-2 with another parser packets travel as events', async () => {
    const parser = createRequire(import.meta.url)('socket.io-parser') as object;
    const relay = await startRelay({ socketIo: { parser } });
    const [alice, bob] = [await relay.connect('alice', { parser }), await relay.connect('bob', { parser })];
    const log = written(alice);
    await expectAllToWork(alice, bob);
    expect(log.texts.length).toBeGreaterThan(3);
  });

  it('CM-2 what the application emits itself keeps its place among messages', async () => {
    const relay = await startRelay();
    const [alice, bob] = [await relay.connect('alice'), await relay.connect('bob')];
    const heard: unknown[] = [];
    bob.onAny('x', (_from, n) => heard.push(n));
    bob.on('app', (n: number) => heard.push(n));
    relay.server.getSocketByClientId('alice')!.on('app', (n: number) => relay.server.emitTo('bob', 'app', n));
    for (let n = 0; n < 20; n++) {
      if (n % 2) alice.emit('app', n);
      else alice.emitTo('bob', 'x', n);
    }
    await settled(alice, bob);
    expect(heard).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });
});
