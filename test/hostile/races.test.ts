import { describe, expect, it, onTestFinished } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import type { P2PServerStats } from '../../src/server/operator-calls.js';
import {
  codeOf,
  connected,
  next,
  plainSettled,
  rawSocketTo,
  settled,
  startRelay,
  type TestClient,
} from '../support/relay.js';
import { expectNoUnhandledRejections } from '../support/service-hosts.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { atSize } from './support/figures.js';
import { randomNumbers } from './support/random.js';

/** A decision that the test makes when it likes. */
class Door {
  readonly opened: Promise<void>;
  #open: () => void = () => {};
  waiting = 0;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
  }

  async pass<T>(value: T): Promise<T> {
    this.waiting++;
    await this.opened;
    return value;
  }
}

async function behindDoor() {
  expectNoUnhandledRejections();
  const door = new Door();
  const relay = await startRelay({ plugin: { authenticate: ({ auth }) => door.pass(String(auth.clientId)) } });
  const socket = (clientId: string) => relay.rawSocket({ auth: { clientId }, reconnection: false });
  return { relay, door, socket };
}

describe('while authenticate takes its time', () => {
  it('R-1 a client that has gone does not get in, and its id is free', async () => {
    const { relay, door, socket } = await behindDoor();
    const first = socket('alice');
    await expect.poll(() => door.waiting).toBe(1);
    first.disconnect();
    await expect.poll(() => relay.server.engine.clientsCount).toBe(0);
    door.open();
    const second = socket('alice');
    await next(second, 'connect');
    expect(relay.server.getSocketIdByClientId('alice')).toBe(second.id);
    expect(relay.server.sockets.sockets.size).toBe(1);
  });

  it('R-1 of two who are the same one gets in, and the other is told', async () => {
    const { relay, door, socket } = await behindDoor();
    const both = [socket('alice'), socket('alice')];
    const refused = Promise.race(
      both.map((each) =>
        Promise.race([
          next<[{ data: P2PError }]>(each, 'connect_error').then(([{ data }]) => data),
          next<[P2PError]>(each, 'SERVER_ERROR').then(([error]) => error),
        ]),
      ),
    );
    await expect.poll(() => door.waiting).toBe(2);
    door.open();
    expect((await refused).code).toBe('CLIENT_ID_IN_USE');
    await expect
      .poll(() => both.filter((each) => each.connected).map(({ id }) => id))
      .toEqual([relay.server.getSocketIdByClientId('alice')]);
  });

  it('R-1 there is nobody to kick, and no session', async () => {
    const { relay, door, socket } = await behindDoor();
    const alice = socket('alice');
    await expect.poll(() => door.waiting).toBe(1);
    expect([relay.server.kick('alice'), relay.server.removeClient('alice')]).toEqual([false, false]);
    expect(relay.server.stats.clients).toBe(0);
    door.open();
    await next(alice, 'connect');
    expect(relay.server.stats.clients).toBe(1);
  });
});

async function gated(duplicates: 'reject' | 'takeover' = 'reject') {
  expectNoUnhandledRejections();
  const door = new Door();
  const authorize = ({ event }: { readonly event?: string }) => (event === 'slow' ? door.pass(true) : true);
  const relay = await startRelay({ plugin: { authorize, duplicates } });
  const bob = await relay.connect('bob', { reconnection: false });
  const heard: unknown[] = [];
  bob.onMessage(({ from, event }) => heard.push([from, event]));
  const alice = await relay.connect('alice', { reconnection: false });
  return { relay, door, alice, bob, heard };
}

describe('while authorize takes its time', () => {
  const ends: Readonly<Record<string, (scene: Awaited<ReturnType<typeof gated>>) => Promise<unknown> | unknown>> = {
    kicked: ({ relay }) => relay.server.kick('alice'),
    removed: ({ relay }) => relay.server.removeClient('alice'),
    replaced: ({ relay }) => relay.connectPlain('alice'),
  };

  it.each(Object.keys(ends))('R-1 who is %s meanwhile has sent nothing', async (how) => {
    const scene = await gated('takeover');
    const { relay, door, alice, bob, heard } = scene;
    alice.emitTo('bob', 'slow');
    alice.emitTo('bob', 'after');
    await expect.poll(() => door.waiting).toBe(1);
    await ends[how]?.(scene);
    door.open();
    const carol = await relay.connect('carol');
    carol.emitTo('bob', 'slow');
    carol.emitTo('bob', 'last');
    await settled(carol, bob);
    expect(heard).toEqual([
      ['carol', 'slow'],
      ['carol', 'last'],
    ]);
    expect(relay.server.stats.requests).toBe(0);
  });

  it('R-1 a target that goes meanwhile is not found, and one that comes meanwhile is', async () => {
    const { relay, door, alice, bob } = await gated();
    const asked = codeOf(alice.emitToWithAck('bob', 'slow'));
    await expect.poll(() => door.waiting).toBe(1);
    bob.disconnect();
    await expect.poll(() => relay.server.getAllClientId()).toEqual(['alice']);
    door.open();
    expect(await asked).toBe('CLIENT_NOT_FOUND');
    expect(relay.server.stats.requests).toBe(0);
  });
});

describe('who is removed', () => {
  it('R-1 sends to nobody any more, by no packet and no verb', async () => {
    const relay = await startRelay();
    const bob = await relay.connect('bob');
    const heard: unknown[] = [];
    bob.onMessage(({ event }) => heard.push(event));
    const plain = await relay.connectPlain('plain');
    await plain.emitWithAck('JOIN_ROOM', { room: 'lobby' });
    const alice = await relay.connect('alice');
    await bob.joinRoom('lobby');
    for (const id of ['plain', 'alice']) relay.server.removeClient(id);
    const answers = [
      await plain.emitWithAck('P2P_EMIT', { targetClientId: 'bob', event: 'x' }),
      await plain.emitWithAck('EMIT_ROOM', { room: 'lobby', event: 'x' }),
      await plain.emitWithAck('GET_CLIENT_LIST'),
    ];
    for (const answer of answers) expect(answer.error.code).toBe('NOT_REGISTERED');
    alice.emit('P2P', '[]', ['message', 'bob', 'x', 0]);
    alice.emit('P2P', '[]', ['room-message', 'lobby', 'x', 0]);
    await settled(bob);
    expect([heard, relay.server.getAllClientId()]).toEqual([[], ['bob']]);
  });
});

describe('while the holder of an id is asked whether it is there', () => {
  async function probed() {
    const relay = await startRelay({ plugin: { limits: { probeTimeout: 20_000 } } });
    const proxy = await startTcpProxy(relay.port);
    const raw = rawSocketTo(`http://localhost:${proxy.port}`, { reconnectionDelay: 1 });
    const alice = await connected(p2pClientPlugin(raw, 'alice'));
    const first = alice.id;
    // Nothing comes from it, so that it does not answer.
    proxy.stall('up');
    onTestFinished(() => proxy.resume());
    const pinged = next(alice.io.engine as never, 'ping');
    const newcomer = relay.rawSocket({ query: { clientId: 'alice' }, reconnection: false });
    await pinged;
    return { relay, proxy, alice, first, newcomer };
  }

  it('R-1 it goes: the newcomer gets in without waiting', async () => {
    const { relay, newcomer } = await probed();
    relay.server.getSocketByClientId('alice')?.conn.close();
    await next(newcomer, 'connect');
    await plainSettled(newcomer);
    expect(relay.server.getSocketIdByClientId('alice')).toBe(newcomer.id);
  });

  it('R-1 it comes again with its secret: the newcomer is refused', async () => {
    const { relay, proxy, alice, first, newcomer } = await probed();
    const refused = next<[{ data: { code: string } }]>(newcomer, 'connect_error');
    const back = next(alice, 'connect');
    alice.io.engine.close();
    proxy.resume();
    await back;
    await settled(alice);
    expect((await refused)[0].data.code).toBe('CLIENT_ID_IN_USE');
    expect(alice.id).not.toBe(first);
    expect(relay.server.getSocketIdByClientId('alice')).toBe(alice.id);
  });
});

const COUNTS = ['requests', 'streams', 'pairs', 'watches', 'subscriptions', 'topics', 'services', 'clients'] as const;

const countsOf = (stats: P2PServerStats) => COUNTS.map((what) => [what, stats[what]] as const);

describe('what is counted', () => {
  it.each(Array.from({ length: atSize(4, 40) }, (_, seed) => seed + 1))(
    'R-1 is never less than nothing, and nothing in the end, whoever comes and goes (%i)',
    async (seed) => {
      expectNoUnhandledRejections();
      const random = randomNumbers(seed);
      const relay = await startRelay({
        plugin: { isService: true, limits: { maxRequests: 20, maxStreams: 5, maxPairs: 2, maxWatches: 3 } },
      });
      const ids = ['a', 'b', 'c', 'd'];
      const clients = new Map<string, TestClient>();
      const come = async (id: string) => {
        const client = await relay.connect(id, { reconnection: false }, { isService: true });
        client.onAny('ask', (_from, ack) => random(2) && ack(1));
        client.onAddP2pTarget(() => {});
        client.onAddP2pStream((duplex) => void duplex.on('error', () => {}).resume());
        client.provideService('api', () => (random(2) ? 1 : new Promise(() => {})));
        for (const topic of ['x', 'y']) client.createTopic(topic, { retain: 1 });
        clients.set(id, client);
      };
      for (const id of ids) await come(id);
      const ignore = (outcome: Promise<unknown>) => void outcome.catch(() => {});
      const acts: ((client: TestClient, target: string, topic: string) => unknown)[] = [
        (client, target) => ignore(client.emitToWithAck(target, 'ask')),
        (client, target) => ignore(client.with({ timeout: 1 }).emitToWithAck(target, 'ask')),
        (client, target) => ignore(client.callService(target, 'api')),
        (client, target) => ignore(client.addP2pTarget(target)),
        (client, target) => client.from(target).on('never', () => {}),
        (client, target) => client.from(target).off('never'),
        (client, target, topic) => ignore(client.subscribeTopic(target, topic, () => {}).ready),
        (client, target, topic) => void client.unsubscribeTopic(target, topic),
        (client, target) =>
          ignore(client.addP2pStream(target).then((duplex) => void duplex.on('error', () => {}).write('x'))),
        (client, _target, topic) => client.destroyTopic(topic),
        (client, _target, topic) => client.createTopic(topic),
        (client) => client.disconnect(),
        ({ clientId }) => relay.server.kick(clientId),
        ({ clientId }) => {
          const service = relay.server.asService(clientId, { shared: true });
          service.provideService('api', () => new Promise(() => {}));
          service.createTopic('x');
        },
        ({ clientId }) => relay.server.asService(clientId, { shared: true }).close(),
      ];
      for (let n = 0; n < 300; n++) {
        const id = ids[random(ids.length)] ?? '';
        const client = clients.get(id);
        if (!client?.connected) await come(id);
        const act = acts[random(random(3) ? 11 : acts.length)];
        try {
          act?.(clients.get(id) as TestClient, ids[random(ids.length)] ?? '', random(2) ? 'x' : 'y');
        } catch {
          // It has the topic already, or not.
        }
        if (n % 7 === 0) await Promise.all([...clients.values()].map((each) => settled(each).catch(() => {})));
        for (const [what, count] of countsOf(relay.server.stats)) if (count < 0) throw new Error(`${count} ${what}`);
      }
      for (const id of ids) relay.server.asService(id, { shared: true }).close();
      for (const client of clients.values()) client.disconnect();
      await expect.poll(() => relay.server.stats.clients).toBe(0);
      // Who is left has nothing of those who have gone.
      expect(countsOf(relay.server.stats)).toEqual(COUNTS.map((what) => [what, 0]));
    },
  );

  it('R-1 is nothing for who stays, when all that it had to do with have gone', async () => {
    const relay = await startRelay({ plugin: { isService: true } });
    const alice = await relay.connect('alice', {}, { isService: true });
    alice.onAddP2pTarget(() => {});
    for (let round = 0; round < 5; round++) {
      const clock = relay.server.asService('b', { shared: true });
      clock.provideService('api', () => new Promise(() => {}));
      clock.createTopic('x');
      const bob = await relay.connect('b', { reconnection: false }, { isService: true });
      bob.onAny('mute', (_from, _ack) => {});
      bob.onAddP2pTarget(() => {});
      bob.onAddP2pStream((duplex) => void duplex.on('error', () => {}).resume());
      bob.createTopic('x');
      bob.createTopic('y');
      const over = [
        codeOf(alice.emitToWithAck('b', 'mute')),
        codeOf(alice.callService('b', 'api')),
        codeOf(alice.callService('b', 'other')),
      ];
      alice.from('b').on('never', () => {});
      await alice.addP2pTarget('b');
      (await alice.addP2pStream('b')).on('error', () => {});
      for (const topic of ['x', 'y']) await alice.subscribeTopic('b', topic, () => {}).ready;
      await settled(alice, bob);
      expect(relay.server.stats).toMatchObject({ requests: 2, pairs: 1, watches: 1, streams: 1, subscriptions: 2 });
      if (round % 2) clock.close();
      bob.disconnect();
      await expect.poll(() => relay.server.stats.clients).toBe(1);
      if (!(round % 2)) clock.close();
      await Promise.all(over);
      for (const topic of ['x', 'y']) await alice.unsubscribeTopic('b', topic);
      await settled(alice);
      const left = Object.fromEntries(countsOf(relay.server.stats));
      const nothing = { requests: 0, streams: 0, pairs: 0, watches: 0, subscriptions: 0, topics: 0 };
      expect([round, left]).toEqual([round, { ...nothing, services: 1, clients: 1 }]);
    }
  });
});

describe('a client over HTTP that fetches nothing', () => {
  it('R-1 is slow: senders are told, and publications are left out', async () => {
    const relay = await startRelay({ plugin: { isService: true, limits: { maxQueuedBytes: 1_000_000 } } });
    const url = `${relay.url}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1));
    const auth = { clientId: 'bob', p2p: { version: 1, secret: 's' } };
    const post = (body: string) => fetch(`${url}&sid=${sid}`, { method: 'POST', body });
    await post(`40${JSON.stringify(auth)}`);
    await expect.poll(() => relay.server.getAllClientId()).toEqual(['bob']);
    const clock = relay.server.asService('clock');
    clock.createTopic('ticks');
    await post(`42${JSON.stringify(['P2P', null, ['subscribe', 'clock', 0, 1, 10_000, 'ticks']])}`);
    await expect.poll(() => relay.server.stats.subscriptions).toBe(1);
    const text = 'x'.repeat(100_000);
    for (let n = 0; n < 40; n++) await clock.publishTopic('ticks', text);
    const alice = await relay.connect('alice');
    for (let n = 0; n < 40; n++) alice.emitTo('bob', 'news', text);
    await settled(alice);
    expect(alice.errors.length).toBeGreaterThan(20);
    expect(new Set(alice.errors.map(({ code }) => code))).toEqual(new Set(['PEER_TOO_SLOW']));
    const { conn } = relay.server.getSocketByClientId('bob') as unknown as {
      conn: { writeBuffer: { data?: string }[] };
    };
    const size = conn.writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
    expect(size).toBeLessThan(2_500_000);
  });
});
