import { expect, it } from 'vitest';
import { type Connection, internalsOf } from '../../src/server/connection.js';
import { hastenReceiver } from '../../src/server/fast-receiver.js';
import type { RawServerSocket } from '../../src/server/raw-server.js';
import { settled, startRelay, type TestRelay } from '../support/relay.js';

interface Receiver {
  readonly consume: unknown;
  readonly _fragments: readonly unknown[];
}

/** The receivers of `ws` of all connections. */
function receiversOf({ server }: TestRelay): Receiver[] {
  return Array.from(server.sockets.sockets.values(), ({ conn }) => {
    return internalsOf(conn).transport.socket?._receiver as Receiver;
  });
}

function isHastened(receiver: Receiver): boolean {
  return Object.hasOwn(receiver, 'consume');
}

it('is used for whoever comes by a websocket, or gets there later', async () => {
  const relay = await startRelay();
  const alice = await relay.connect('alice');
  const bob = await relay.connect('bob', { transports: ['polling', 'websocket'] });
  await relay.connectPlain('carol');
  await expect.poll(() => bob.io.engine.transport.name).toBe('websocket');
  await expect.poll(() => receiversOf(relay).filter(Boolean)).toHaveLength(3);
  expect(receiversOf(relay).every(isHastened)).toBe(true);
  const heard: unknown[] = [];
  for (const client of [alice, bob]) client.onAny('said', (_from, ...args) => heard.push(args));
  const args = ['ü'.repeat(50_000), Buffer.alloc(100_000, 7)];
  alice.emitTo('bob', 'said', ...args);
  bob.emitTo('alice', 'said', ...args);
  await settled(alice);
  await expect.poll(() => heard).toEqual([args, args]);
});

it('keeps no message that has been passed on, however it came', async () => {
  const relay = await startRelay();
  const alice = await relay.connect('alice');
  const plain = await relay.connectPlain('carol');
  const arrays: (readonly unknown[])[] = [];
  for (const receiver of receiversOf(relay)) arrays.push(receiver._fragments);
  const heard = new Promise((resolve) => alice.onAny('said', (_from, ...args) => resolve(args)));
  plain.emit('P2P_EMIT', { targetClientId: 'alice', event: 'said', args: ['x'.repeat(1_000)] });
  expect(await heard).toEqual(['x'.repeat(1_000)]);
  await settled(alice);
  expect(receiversOf(relay).map(({ _fragments }) => arrays.includes(_fragments))).toEqual([false, false]);
  expect(arrays).toEqual([[], []]);
});

it('leaves a receiver alone that is another than it knows', async () => {
  const relay = await startRelay();
  const alice = await relay.connect('alice');
  const [socket] = relay.server.sockets.sockets.values();
  const webSocket = internalsOf(socket?.conn as Connection).transport.socket as { _receiver: unknown };
  const { _receiver: known } = webSocket;
  const other = new (class {
    consume(): number {
      return 1;
    }
  })();
  webSocket._receiver = other;
  hastenReceiver(socket as RawServerSocket);
  webSocket._receiver = known;
  expect(Object.hasOwn(other, 'consume')).toBe(false);
  await settled(alice);
});
