import { expect, it } from 'vitest';
import { type Connection, internalsOf } from '../../src/server/connection.js';
import { unmaskFast } from '../../src/server/fast-unmask.js';
import type { RawServerSocket } from '../../src/server/raw-server.js';
import { settled, startRelay, type TestRelay } from '../support/relay.js';

/** The receivers of `ws` of all connections. */
function receiversOf({ server }: TestRelay): { readonly consume: unknown }[] {
  return Array.from(server.sockets.sockets.values(), ({ conn }) => {
    return internalsOf(conn).transport.socket?._receiver as { readonly consume: unknown };
  });
}

function isHastened(receiver: { readonly consume: unknown }): boolean {
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
  unmaskFast(socket as RawServerSocket);
  webSocket._receiver = known;
  expect(Object.hasOwn(other, 'consume')).toBe(false);
  await settled(alice);
});
