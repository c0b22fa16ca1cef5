import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { codeOf, next, plainSettled, settled, startRelay, type TestClient, type TestRelay } from '../support/relay.js';
import { record } from './support/figures.js';
import { knows } from './support/load.js';

// How one that was removed, or names another client, is refused: test/server/recovery.test.ts.

const recovery = { connectionStateRecovery: { maxDisconnectionDuration: 60_000, skipMiddlewares: true } };

interface Scene {
  readonly relay: TestRelay;
  readonly alice: TestClient;
  readonly plain: Socket;
  readonly bob: TestClient;
  /** What reached the two from other clients. */
  readonly heard: unknown[];
}

async function scene(plugin: object = {}): Promise<Scene> {
  const relay = await startRelay({ socketIo: recovery, plugin });
  const [alice, bob] = [await relay.connect('alice'), await relay.connect('bob', {}, { isService: true })];
  const plain = await relay.connectPlain('plain', { reconnectionDelay: 10 });
  const heard: unknown[] = [];
  alice.onMessage(({ event }) => heard.push(`alice ${event}`));
  plain.onAny((event) => ['SERVER_ERROR', 'app'].includes(event) || heard.push(`plain ${event}`));
  // Socket.IO recovers only who has had an event of its own.
  for (const [id, client] of [
    ['alice', alice],
    ['plain', plain],
  ] as const) {
    const told = next(client, 'app');
    relay.server.emitTo(id, 'app', 1);
    await told;
  }
  return { relay, alice, plain, bob, heard };
}

/** Loses the connection; Socket.IO brings it back. */
async function recover(socket: Socket): Promise<void> {
  const back = next(socket, 'connect');
  socket.io.engine.close();
  await back;
  expect(socket.recovered).toBe(true);
}

/** Nothing that bob sends reaches who was ended. */
async function expectOut({ relay, bob, heard }: Scene, clientIds: readonly string[]): Promise<void> {
  for (const clientId of clientIds) {
    expect(await codeOf(bob.emitToWithAck(clientId, 'anyone there'))).toBe('CLIENT_NOT_FOUND');
    expect(relay.server.getSocketByClientId(clientId)).toBeUndefined();
  }
  bob.emitRoom('lobby', 'secret');
  await settled(bob);
  expect(heard).toEqual([]);
}

function recordWay(way: string, measured = 'no way in'): void {
  record({ threat: `recovery after ${way}`, size: '2 clients', goal: 'no way in', measured, ok: true });
}

/** Both are ended, lose their connections, and come back by recovery; one speaks the protocol of the plugin by hand. */
async function endAndRecover(way: string, code: string, end: (scene: Scene, clientId: string) => void) {
  const here = await scene();
  const { plain, relay } = here;
  await plain.emitWithAck('JOIN_ROOM', { room: 'lobby' });
  const p2p = { version: 1, secret: 'secret of mallory' };
  const mallory = relay.rawSocket({ auth: { clientId: 'mallory', p2p } });
  await next(mallory, 'P2P');
  const told = next(mallory, 'app');
  relay.server.emitTo('mallory', 'app', 1);
  await told;
  const codes: unknown[] = [];
  plain.on('SERVER_ERROR', (error) => codes.push(error.code));
  mallory.on('P2P', (data, [type]) => type === 'end' && codes.push(JSON.parse(data)[0].code));
  for (const [clientId, socket] of Object.entries({ plain, mallory })) {
    end(here, clientId);
    await expect.poll(() => codes.splice(0)).toEqual([code]);
    // Who was disconnected is not recovered; who was left connected is, and is refused.
    if (socket.connected) {
      await recover(socket);
      if (socket.connected) await next(socket, 'disconnect');
      expect(codes.splice(0)).toEqual([code]);
    }
  }
  await expectOut(here, ['plain', 'mallory']);
  recordWay(way);
}

describe('threats: connection state recovery is no way back in', () => {
  it('after removeClient, with the plugin or without', () =>
    endAndRecover('removeClient', 'SESSION_REMOVED', ({ relay }, id) => relay.server.removeClient(id)));

  it.runIf(knows('SESSION_KICKED'))('after kick, with the plugin or without', () =>
    endAndRecover('kick', 'SESSION_KICKED', ({ relay }, id) => {
      (relay.server as unknown as { kick(clientId: string): void }).kick(id);
    }),
  );

  it('after unsubscribe: no publication comes, nor to who was subscribed before and did not ask again', async () => {
    const { alice, plain, bob, heard } = await scene();
    const publications: unknown[] = [];
    bob.createTopic('left');
    bob.createTopic('lost');
    plain.onAny((event, ...args) => event !== 'SERVER_ERROR' && publications.push([event, ...args]));
    for (const topic of ['left', 'lost']) await plain.emitWithAck('TOPIC_SUBSCRIBE', { service: 'bob', topic });
    await plain.emitWithAck('TOPIC_UNSUBSCRIBE', { service: 'bob', topic: 'left' });
    const left = alice.subscribeTopic('bob', 'left', (value) => publications.push(value));
    await left.ready;
    await bob.publishTopic('lost', 'not secret');
    await expect.poll(() => publications.splice(0).length).toBe(1);
    await left.unsubscribe();
    heard.length = 0;
    await recover(plain);
    await recover(alice);
    await settled(alice, bob);
    await plainSettled(plain);
    for (const topic of ['left', 'lost']) await bob.publishTopic(topic, 'secret');
    await settled(alice, bob);
    await plainSettled(plain);
    expect([publications, heard]).toEqual([[], []]);
    recordWay('unsubscribe');
  });

  it('after leaving a room', async () => {
    const { alice, plain, bob, heard } = await scene();
    await alice.joinRoom('lobby');
    await plain.emitWithAck('JOIN_ROOM', { room: 'lobby' });
    bob.emitRoom('lobby', 'not secret');
    await expect.poll(() => heard.splice(0).sort()).toEqual(['alice not secret', 'plain not secret']);
    await alice.leaveRoom('lobby');
    await plain.emitWithAck('LEAVE_ROOM', { room: 'lobby' });
    await recover(plain);
    await recover(alice);
    await settled(alice);
    bob.emitRoom('lobby', 'secret');
    await settled(bob, alice);
    await plainSettled(plain);
    expect(heard).toEqual([]);
    recordWay('leaving a room');
  });

  it.runIf(knows('SESSION_KICKED'))('after a takeover', async () => {
    const here = await scene({ duplicates: 'takeover' });
    const { relay, bob } = here;
    for (const [id, old] of [
      ['alice', here.alice],
      ['plain', here.plain],
    ] as const) {
      const gone = next(old as Socket, 'disconnect');
      const heir = await relay.connect(id);
      await gone;
      const heard: string[] = [];
      heir.onMessage(({ event }) => heard.push(event));
      if (old.connected) old.io.engine.close();
      bob.emitTo(id, 'secret');
      await settled(bob, heir);
      expect([heard, relay.server.getSocketIdByClientId(id)]).toEqual([['secret'], heir.id]);
    }
    expect(here.heard).toEqual([]);
    recordWay('takeover');
  });
});
