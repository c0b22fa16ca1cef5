import { expect, it, vi } from 'vitest';
import { engineOf } from '../../src/client/raw-socket.js';
import { settled, startRelay, type TestClient } from '../support/relay.js';

interface Sender {
  sendFrame(frame: readonly Uint8Array[]): void;
}

/** The frames that `ws` is given: those that it makes itself are sent in the same way, with a callback. */
function watchFrames(client: TestClient): () => Buffer[] {
  const { mock } = vi.spyOn(engineOf(client).transport?.ws?._sender as Sender, 'sendFrame');
  return () => mock.calls.filter(({ length }) => length === 1).map(([[frame]]) => Buffer.from(frame as Uint8Array));
}

it.each([
  ['as it is', undefined],
  ['where all is compressed', { perMessageDeflate: { threshold: 0 } }],
])('messages of all sizes arrive over a websocket, %s', async (_, compression) => {
  const relay = await startRelay({ socketIo: { ...compression } });
  const [alice, bob] = [await relay.connect('alice', { ...compression }), await relay.connect('bob')];
  const heard: number[] = [];
  bob.onAny('x', (_from, bytes: Buffer) => heard.push(bytes.every((byte) => byte === 7) ? bytes.byteLength : -1));
  // Around the sizes from which on a length takes more room, with all that comes before the bytes.
  const sizes = [0, 125, 65_535].flatMap((size) => Array.from({ length: 40 }, (_, n) => Math.max(0, size - n)));
  for (const size of sizes) {
    alice.emitTo('bob', 'x', Buffer.alloc(size, 7));
    await Promise.resolve();
  }
  await settled(alice, bob);
  expect(heard).toEqual(sizes);
  expect(alice.errors).toEqual([]);
});

it('a frame is made where the message lies, with a mask that changes', async () => {
  const relay = await startRelay();
  const alice = await relay.connect('alice');
  const frames = watchFrames(alice);
  for (let n = 0; n < 3_000; n++) {
    alice.emitTo('nobody', 'x', n);
    await Promise.resolve();
  }
  await settled(alice);
  const masks = frames().map((frame) => frame.readUInt32LE(2));
  expect(masks.length).toBeGreaterThan(3_000);
  // Two out of so many are rarely the same.
  expect(new Set(masks).size).toBeGreaterThan(2_990);
});

it('who looks at what is written sees all of it', async () => {
  const relay = await startRelay();
  const alice = await relay.connect('alice');
  const frames = watchFrames(alice);
  const seen = vi.fn();
  alice.io.engine.on('packetCreate', seen);
  await settled(alice);
  expect(seen).toHaveBeenCalled();
  expect(frames()).toEqual([]);
  alice.io.engine.off('packetCreate', seen);
  await settled(alice);
  expect(frames()).toHaveLength(1);
});

it.each([
  ['long polling', ['polling']],
  ['an upgrade in the middle of it', ['polling', 'websocket']],
])('no more goes into one poll than the server takes, over %s', async (_, transports) => {
  const relay = await startRelay();
  const [alice, bob] = [await relay.connect('alice', { transports, upgrade: true }), await relay.connect('bob')];
  let count = 0;
  bob.onAny('x', () => count++);
  // Of this length engine.io-client takes some more to fit than do.
  for (let n = 0; n < 3_000; n++) alice.emitTo('bob', 'x', 'f'.repeat(1_000));
  await settled(alice, bob);
  expect(count).toBe(3_000);
  expect(alice.errors).toEqual([]);
});
