import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import type { P2PClientOptions } from '../../src/client/p2p-client-plugin.js';
import { LARGE_PAYLOAD } from '../../src/protocol/limits.js';
import {
  type ClientOptions,
  ENVELOPES,
  next,
  type RelaySetup,
  settled,
  startRelay,
  type TestClient,
} from '../support/relay.js';
import { atSize } from './support/figures.js';
import { pick, randomNumbers } from './support/random.js';

const COUNT = atSize(400, 5_000);

const LARGE = 'x'.repeat(LARGE_PAYLOAD);

/** The server's application does what a client asks it for, to another client. */
async function scene(options: ClientOptions = {}, plugin: P2PClientOptions = {}, setup: RelaySetup = {}) {
  const relay = await startRelay(setup);
  const { server } = relay;
  const alice = await relay.connect('alice', options, plugin);
  const bob = await relay.connect('bob', options, { ...plugin, isService: true });
  await alice.joinRoom('lobby');
  bob.createTopic('news');
  const heard: unknown[] = [];
  await alice.subscribeTopic('bob', 'news', (n: unknown) => heard.push(n)).ready;
  alice.onMessage(({ args, ack }) => {
    heard.push(args[0]);
    ack?.(args[0]);
  });
  for (const event of ['app', 'app room', 'app binary', 'app ack']) {
    (alice as Socket).on(event, (n: number, ...rest: unknown[]) => {
      heard.push(n);
      (rest.find((arg) => typeof arg === 'function') as ((n: number) => void) | undefined)?.(n);
    });
  }
  const asking = server.getSocketByClientId('bob')!;
  const asked = server.getSocketByClientId('alice')!;
  asking.on('tell', (n: number) => asked.emit('app', n));
  asking.on('tell room', (n: number) => server.to('lobby').emit('app room', n));
  asking.on('tell binary', (n: number) => asked.emit('app binary', n, Buffer.alloc(3), [Buffer.alloc(LARGE_PAYLOAD)]));
  asking.on('tell ack', (n: number, bytes: Buffer) => asked.emit('app ack', n, bytes, () => {}));
  asking.on('tell many', (n: number) => server.emitTo('alice', 'app', n));
  return { relay, alice, bob, heard };
}

/** What one client does to have something arrive at the other. */
const WAYS: Readonly<Record<string, (bob: TestClient, n: number) => unknown>> = {
  message: (bob, n) => bob.emitTo('alice', 'hi', n),
  'message of another event': (bob, n) => bob.emitTo('alice', `hi ${n % 7}`, n, { n }),
  'large message': (bob, n) => bob.emitTo('alice', 'hi', n, LARGE),
  'binary message': (bob, n) => bob.emitTo('alice', 'hi', n, Buffer.alloc(n % 3 ? 5 : LARGE_PAYLOAD)),
  'room message': (bob, n) => bob.emitRoom('lobby', 'hi', n),
  request: (bob, n) => bob.emitToWithAck('alice', 'hi', n),
  publication: (bob, n) => bob.publishTopic('news', n),
  event: (bob, n) => bob.emit('tell', n),
  'event to a room': (bob, n) => bob.emit('tell room', n),
  'binary event': (bob, n) => bob.emit('tell binary', n, Buffer.alloc(5)),
  'event with an acknowledgement': (bob, n) => bob.emit('tell ack', n, Buffer.alloc(LARGE_PAYLOAD)),
  'event by client id': (bob, n) => bob.emit('tell many', n),
};

const COMPRESSED: RelaySetup = { socketIo: { perMessageDeflate: { threshold: 0 } } };

const CLIENTS: readonly (readonly [string, ClientOptions, P2PClientOptions, RelaySetup])[] = [
  ['in frames', {}, {}, {}],
  ['in frames, by polling', { transports: ['polling'] }, {}, {}],
  ['in frames, upgraded', { transports: ['polling', 'websocket'] }, {}, {}],
  ['in frames, compressed', {}, {}, COMPRESSED],
  ['in envelopes', {}, ENVELOPES, {}],
];

describe('CM-2 order', () => {
  it.each(CLIENTS)(
    'CM-2 whatever one client has another hear, it is heard as it was sent, %s',
    async (_, options, plugin, setup) => {
      const { alice, bob, heard } = await scene(options, plugin, setup);
      const random = randomNumbers(21);
      const ways = Object.values(WAYS);
      const asked: unknown[] = [];
      for (let n = 0; n < COUNT; n++) {
        const outcome = pick(random, ways)(bob, n);
        if (outcome instanceof Promise) asked.push(outcome);
        if (random(10) === 0) await settled(bob);
      }
      await Promise.all(asked);
      await settled(bob, alice);
      expect(heard).toEqual(Array.from({ length: COUNT }, (_each, n) => n));
      expect([alice.errors, bob.errors]).toEqual([[], []]);
    },
  );

  it.each(Object.keys(WAYS))('CM-2 %s: between each of the others, all in one turn of the event loop', async (way) => {
    const { alice, bob, heard } = await scene();
    let n = 0;
    const asked: unknown[] = [];
    for (const other of Object.values(WAYS)) {
      for (const act of [WAYS[way]!, other, WAYS[way]!, other]) asked.push(act(bob, n++));
    }
    await Promise.all(asked);
    await settled(bob, alice);
    expect(heard).toEqual(Array.from({ length: n }, (_each, index) => index));
  });

  it('CM-2 what the application emits between two messages reaches it between them', async () => {
    const { relay, bob, heard } = await scene();
    const socket = relay.server.getSocketByClientId('bob')!;
    const alice = relay.server.getSocketByClientId('alice')!;
    const random = randomNumbers(22);
    const seen: unknown[] = [];
    // What of the application's own comes, in its order; what goes past it is seen at the other end.
    socket.on('app', (n: number) => {
      seen.push(n);
      alice.emit('app', n);
    });
    for (let n = 0; n < COUNT; n++) {
      const way = random(4);
      if (way < 2) bob.emitTo('alice', 'hi', n);
      else if (way === 2) bob.emit('app', n);
      else bob.emit('app', n, Buffer.alloc(random(2 * LARGE_PAYLOAD)), { bytes: Buffer.alloc(3) });
    }
    await settled(bob);
    await expect.poll(() => heard.length).toBe(COUNT);
    expect(heard).toEqual(Array.from({ length: COUNT }, (_each, n) => n));
    expect(seen.length).toBeGreaterThan(0);
  });

  it('CM-2 what is sent before disconnect() arrives', async () => {
    const { alice, bob, heard } = await scene();
    for (let n = 0; n < 100; n++) bob.emitTo('alice', 'hi', n, n % 10 ? '' : LARGE);
    bob.disconnect();
    await expect.poll(() => heard.length).toBe(100);
    await settled(alice);
    expect(heard).toEqual(Array.from({ length: 100 }, (_each, n) => n));
  });

  it('CM-2 what is sent before the server ends the session arrives, and then why it has ended', async () => {
    const { relay, alice, bob, heard } = await scene();
    alice.on('SERVER_ERROR', ({ code }) => heard.push(code));
    const gone = next(alice, 'disconnect');
    const kicker = relay.server.getSocketByClientId('bob')!;
    kicker.on('kick', () => void relay.server.kick('alice', 'enough'));
    for (let n = 0; n < 10; n++) bob.emitTo('alice', 'hi', n);
    bob.emit('kick');
    await gone;
    expect(heard).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 'SESSION_KICKED']);
  });
});
