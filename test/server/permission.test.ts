import { describe, expect, it } from 'vitest';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import type { Action, Authorize, AuthorizeRequest, Decision } from '../../src/server/authorize.js';
import { codeOf, next, plainSettled, settled, startRelay, type TestClient } from '../support/relay.js';

/** Actions of services. */
type ServiceAction = 'provide' | 'create-topic' | 'publish';

/** What each action is done by: the code with which it fails. */
const ACTS: Readonly<Record<Exclude<Action, ServiceAction>, (client: TestClient, target: string) => Promise<string>>> =
  {
    send: (client, target) => errorAfter(client, () => client.emitTo(target, 'hi', 1)),
    request: (client, target) => codeOf(client.emitToWithAck(target, 'ask')),
    pair: (client, target) => codeOf(client.addP2pTarget(target)),
    observe: (client, target) => codeOf(client.isClientConnected(target)),
    'open-stream': (client, target) => codeOf(client.openStream(target)),
    call: (client, target) => codeOf(client.callService(target, 'add')),
    subscribe: (client, target) => codeOf(client.subscribeTopic(target, 'news', () => {}).ready),
    'list-clients': (client) => codeOf(client.getClientList()),
    'list-services': (client) => codeOf(client.getServiceList()),
    'join-room': (client) => codeOf(client.joinRoom('lobby')),
    'emit-room': (client) => errorAfter(client, () => client.emitRoom('lobby', 'hi', 1)),
  };

/** The code that the client is told after doing something that has no answer. */
async function errorAfter(client: TestClient, act: () => unknown): Promise<string> {
  const before = client.errors.length;
  act();
  await client.callService('bob', 'p2p:describe').catch(() => {});
  await client.getClientList().catch(() => {});
  return client.errors[before]?.code ?? 'no error';
}

/** Bob takes everything; alice asks for it. */
async function scene(authorize?: Authorize, options: object = {}) {
  const relay = await startRelay({ plugin: { ...(authorize && { authorize }), ...options } });
  const alice = await relay.connect('alice');
  const bob = await relay.connect('bob', {}, { isService: true });
  bob.provideService('add', () => 3);
  bob.createTopic('news');
  bob.onAny('ask', (_from, ack) => ack(1));
  bob.onAddP2pTarget(() => {});
  bob.acceptStreams(() => {});
  await settled(bob);
  return { relay, alice, bob };
}

const isSetUp = ({ client }: AuthorizeRequest) => client.clientId === 'bob';

const asked = Object.keys(ACTS) as (keyof typeof ACTS)[];

describe('authorize', () => {
  it.each(asked)('R-1 a client that may %s does, and one that may do only all else does not', async (action) => {
    const allowed = await scene((request) => isSetUp(request) || action === request.action, {
      defaultPermission: 'deny',
    });
    expect(await ACTS[action](allowed.alice, 'bob')).toBe('no error');
    const denied = await scene((request) => isSetUp(request) || request.action !== action);
    expect(await ACTS[action](denied.alice, 'bob')).toBe('FORBIDDEN');
    expect(denied.relay.server.stats.events['authz.deny']).toBeGreaterThan(0);
  });

  it.each([[false], [undefined]])('R-1 with defaultPermission "deny", %s is a no', async (answer) => {
    const { alice } = await scene((request) => (isSetUp(request) ? true : (answer as Decision)), {
      defaultPermission: 'deny',
    });
    for (const action of asked) expect([action, await ACTS[action](alice, 'bob')]).toEqual([action, 'FORBIDDEN']);
  });

  it('R-1 a client needs no permission to learn that it is there itself', async () => {
    const { alice } = await scene(isSetUp, { defaultPermission: 'deny' });
    expect(await alice.isClientConnected('alice')).toBe(true);
    expect(await ACTS.observe(alice, 'bob')).toBe('FORBIDDEN');
  });

  it('R-1 nothing is permitted without authorize where the default is to deny', async () => {
    const relay = await startRelay({ plugin: { defaultPermission: 'deny' } });
    const plain = await relay.connectPlain('plain');
    const { error } = await plain.emitWithAck('GET_CLIENT_LIST');
    expect(error).toMatchObject({ code: 'FORBIDDEN', details: { action: 'list-clients' } });
    expect((await plain.emitWithAck('JOIN_ROOM', { room: 'lobby' })).error.code).toBe('FORBIDDEN');
  });

  it('R-1 is told who wants what, and nothing that is in a message', async () => {
    const seen: unknown[] = [];
    const { alice, bob } = await scene(({ client, ...question }) => {
      if (client.clientId === 'alice') seen.push(question);
      expect(client.socket.connected).toBe(true);
      return true;
    });
    seen.length = 0;
    alice.emitTo('bob', 'hi', 'secret');
    await alice.callService('bob', 'add', 'secret');
    await alice.subscribeTopic('bob', 'news', () => {}).ready;
    alice.emitRoom('lobby', 'hi', 'secret');
    alice.from('bob').on('x', () => {});
    await settled(alice, bob);
    expect(seen.slice(0, 5)).toEqual([
      { action: 'send', target: 'bob', event: 'hi' },
      { action: 'call', target: 'bob', api: 'add' },
      { action: 'subscribe', target: 'bob', topic: 'news' },
      { action: 'emit-room', room: 'lobby', event: 'hi' },
      { action: 'observe', target: 'bob' },
    ]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
    ['is too late', () => new Promise<boolean>(() => {})],
    ['answers nonsense', () => 'yes' as unknown as boolean],
    ['answers nonsense in an object', () => ({ allowed: 'yes' }) as unknown as Decision],
  ] satisfies [string, () => unknown][])('R-1 where it %s, the answer is no', async (_what, answer) => {
    const authorize: Authorize = (request) => (isSetUp(request) ? true : (answer() as Decision));
    const { relay, alice } = await scene(authorize, { limits: { authorizeTimeout: 20 } });
    expect(await codeOf(alice.callService('bob', 'add'))).toBe('FORBIDDEN');
    expect(relay.logged.length).toBe(1);
  });

  it('R-1 what a client sends stays in its order, whatever the time that answers take', async () => {
    const { alice, bob } = await scene(async ({ event }) => {
      if (event?.startsWith('slow')) for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      return event !== 'denied';
    });
    const heard: string[] = [];
    for (const event of ['slow 1', 'fast 2', 'slow 3', 'fast 4', 'denied']) bob.onAny(event, () => heard.push(event));
    for (const event of ['slow 1', 'fast 2', 'denied', 'slow 3', 'fast 4']) alice.emitTo('bob', event);
    await settled(alice, bob);
    expect(heard).toEqual(['slow 1', 'fast 2', 'slow 3', 'fast 4']);
    expect(alice.errors.map(({ code }) => code)).toEqual(['FORBIDDEN']);
  });

  it('R-1 what waits for an answer is bounded, and gone with its sender', async () => {
    let decide = (_allowed: boolean) => {};
    const limits = { maxWaitingPackets: 1_000 };
    const authorize: Authorize = ({ event }) =>
      event === 'first'
        ? new Promise<boolean>((resolve) => {
            decide = resolve;
          })
        : true;
    const { relay, alice, bob } = await scene(authorize, { limits });
    const heard: unknown[] = [];
    bob.onAny('next', (_from, n) => heard.push(n));
    const refused = next<[P2PError]>(alice, 'SERVER_ERROR');
    alice.emitTo('bob', 'first');
    for (let n = 0; n < 1_000; n++) alice.emitTo('bob', 'next', n);
    expect((await refused)[0]).toMatchObject({
      code: 'QUEUE_FULL',
      details: { limit: 'maxWaitingPackets', most: 1_000 },
    });
    expect(relay.server.stats.events['limit.hit']).toBe(0);
    const gone = new Promise((resolve) => relay.server.getSocketByClientId('alice')?.once('disconnect', resolve));
    alice.disconnect();
    await gone;
    decide(true);
    await settled(bob);
    expect(heard).toEqual([]);
  });

  it('R-1 an answer is kept as long as it says, for that question and that session', async () => {
    let count = 0;
    const { relay, alice } = await scene(({ action }) => {
      if (action === 'call') count++;
      return { allowed: true, cacheFor: action === 'call' ? Number.POSITIVE_INFINITY : 0 };
    });
    for (let n = 0; n < 3; n++) await alice.callService('bob', 'add');
    expect(count).toBe(1);
    await alice.callService('bob', 'p2p:describe');
    expect(count).toBe(2);
    relay.server.forgetPermissions('bob');
    await alice.callService('bob', 'add');
    expect(count).toBe(2);
    relay.server.forgetPermissions('alice');
    await alice.callService('bob', 'add');
    relay.server.forgetPermissions();
    await alice.callService('bob', 'add');
    expect(count).toBe(4);
    relay.server.kick('alice');
    await next(alice, 'disconnect');
    alice.connect();
    await next(alice, 'connect');
    await settled(alice);
    await alice.callService('bob', 'add');
    expect(count).toBe(5);
  });

  it('R-1 the answer about messages is kept, and asked for anew when it is over or forgotten', async () => {
    const asked: string[] = [];
    let allowed = true;
    let cacheFor = Number.POSITIVE_INFINITY;
    const { relay, alice, bob } = await scene(({ action, event }) => {
      if (action === 'send') asked.push(String(event));
      return action === 'send' ? { allowed, cacheFor } : true;
    });
    const heard: unknown[] = [];
    bob.onAny('x', (_from, n) => heard.push(n));
    const send = async (...numbers: number[]) => {
      for (const n of numbers) alice.emitTo('bob', 'x', n);
      await settled(alice, bob);
    };
    await send(1, 2);
    await send(3);
    expect(asked).toEqual(['x']);
    // Whoever is meant: what is known of all is looked up again.
    relay.server.forgetPermissions('bob');
    await send(4);
    expect(asked).toEqual(['x']);
    relay.server.forgetPermissions('alice');
    cacheFor = 1e-9;
    await send(5);
    await send(6);
    expect(asked).toEqual(['x', 'x', 'x']);
    allowed = false;
    await send(7);
    expect(heard).toEqual([1, 2, 3, 4, 5, 6]);
    expect(alice.errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  });

  it('R-1 an answer under way when permissions are forgotten is not kept', async () => {
    const decide: ((answer: Decision) => void)[] = [];
    const { relay, alice } = await scene(({ action }) =>
      action === 'call' ? new Promise<Decision>((resolve) => decide.push(resolve)) : true,
    );
    const first = alice.callService('bob', 'add');
    await expect.poll(() => decide.length).toBe(1);
    relay.server.forgetPermissions('alice');
    decide[0]?.({ allowed: true, cacheFor: Number.POSITIVE_INFINITY });
    await first;
    const second = codeOf(alice.callService('bob', 'add'));
    await expect.poll(() => decide.length).toBe(2);
    decide[1]?.(false);
    expect(await second).toBe('FORBIDDEN');
  });

  it('R-1 what a client sends is asked about as it comes, not one after the other', async () => {
    const decide: ((answer: Decision) => void)[] = [];
    const { alice, bob } = await scene(({ event }) =>
      event === 'next' ? new Promise<Decision>((resolve) => decide.push(resolve)) : true,
    );
    const heard: unknown[] = [];
    bob.onAny('next', (_from, n) => heard.push(n));
    for (let n = 0; n < 50; n++) alice.emitTo('bob', 'next', n);
    await expect.poll(() => decide.length).toBe(50);
    // Answers that come in another order.
    for (const answer of decide.reverse()) answer(true);
    await settled(alice, bob);
    expect(heard).toEqual(Array.from({ length: 50 }, (_, n) => n));
  });

  it('R-1 stream data that waits for an answer about something else is not lost', async () => {
    let decide = (_answer: Decision) => {};
    const { alice, bob } = await scene(
      ({ event }) =>
        event === 'slow'
          ? new Promise<Decision>((resolve) => {
              decide = resolve;
            })
          : true,
      { limits: { maxWaitingPackets: 1, maxWaitingBytes: 1 } },
    );
    bob.offAddP2pStream();
    const size = new Promise<number>((resolve) => {
      bob.acceptStreams(async ({ readable }) => {
        let bytes = 0;
        for await (const chunk of readable as unknown as AsyncIterable<Uint8Array>) bytes += chunk.byteLength;
        resolve(bytes);
      });
    });
    const { writable } = await alice.openStream('bob');
    const writer = writable.getWriter();
    await writer.write(new Uint8Array(60_000));
    alice.emitTo('bob', 'slow');
    const written = writer.write(new Uint8Array(60_000)).then(() => writer.close());
    await expect.poll(() => decide.length).toBe(1);
    await settled(bob);
    decide(true);
    await written;
    expect(await size).toBe(120_000);
    expect(alice.errors).toEqual([]);
  });

  it('R-1 what was kept for late subscribers is a publication too', async () => {
    const { alice, bob } = await scene(({ action }) => action !== 'publish');
    bob.createTopic('kept', { retain: 1 });
    const told = next<[P2PError]>(bob, 'SERVER_ERROR');
    void bob.publishTopic('kept', 'secret');
    const heard: unknown[] = [];
    await alice.subscribeTopic('bob', 'kept', (value) => heard.push(value)).ready;
    expect((await told)[0].code).toBe('FORBIDDEN');
    await settled(bob, alice);
    expect(heard).toEqual([]);
  });

  it('R-1 an answer that is not to be kept is asked for each time', async () => {
    let count = 0;
    const { alice } = await scene(({ action }) => {
      if (action === 'call') count++;
      return true;
    });
    for (let n = 0; n < 3; n++) await alice.callService('bob', 'add');
    expect(count).toBe(3);
  });

  it('R-1 who may not list clients cannot tell one that is not there from one that is denied', async () => {
    const authorize: Authorize = (request) =>
      isSetUp(request) || (request.action !== 'list-clients' && request.target !== 'bob');
    const { alice } = await scene(authorize);
    const [denied, unknown] = await Promise.all(
      ['bob', 'nobody'].map((target) => alice.emitToWithAck(target, 'ask').catch((error) => error.toJSON())),
    );
    expect({ ...denied, details: { ...denied.details, target: 'nobody' } }).toEqual(unknown);
    const lister = await scene((request) => isSetUp(request) || request.target !== 'bob');
    expect(await codeOf(lister.alice.emitToWithAck('nobody', 'ask'))).toBe('CLIENT_NOT_FOUND');
  });

  it('R-1 plain clients are held to it too', async () => {
    const { relay, bob } = await scene(({ action, event }) => action !== 'send' || event !== 'no');
    const plain = await relay.connectPlain('plain');
    const heard: string[] = [];
    for (const event of ['yes', 'no']) bob.onAny(event, () => heard.push(event));
    const told = next<[{ code: string }]>(plain, 'SERVER_ERROR');
    plain.emit('P2P_EMIT', { targetClientId: 'bob', event: 'no' });
    plain.emit('P2P_EMIT', { targetClientId: 'bob', event: 'yes' });
    expect((await told)[0].code).toBe('FORBIDDEN');
    await plainSettled(plain);
    await settled(bob);
    expect(heard).toEqual(['yes']);
  });

  it('R-1 a client that may not be a service is none: not listed, and not called', async () => {
    const relay = await startRelay({ plugin: { authorize: ({ action }) => action !== 'provide' } });
    const alice = await relay.connect('alice');
    const bob = await relay.connect('bob', {}, { isService: true });
    bob.provideService('add', () => 3);
    bob.createTopic('news');
    expect(bob.errors.map(({ code, details }) => [code, details.action])).toEqual([['FORBIDDEN', 'provide']]);
    expect(await alice.getServiceList()).toEqual([]);
    expect(await codeOf(alice.callService('bob', 'add'))).toBe('API_NOT_FOUND');
    expect(await codeOf(alice.subscribeTopic('bob', 'news', () => {}).ready)).toBe('TOPIC_NOT_FOUND');
  });

  it('R-1 a topic that may not come into being has no subscriber; both sides are told', async () => {
    const { alice, bob } = await scene(({ action, topic }) => action !== 'create-topic' || topic !== 'news');
    const told = next<[P2PError]>(bob, 'SERVER_ERROR');
    expect(await codeOf(alice.subscribeTopic('bob', 'news', () => {}).ready)).toBe('TOPIC_NOT_FOUND');
    expect((await told)[0]).toMatchObject({ code: 'FORBIDDEN', details: { action: 'create-topic' } });
    bob.createTopic('other');
    expect(await codeOf(alice.subscribeTopic('bob', 'other', () => {}).ready)).toBe('no error');
    expect((await alice.describeService('bob')).topics.map(({ name, subscribers }) => [name, subscribers])).toEqual([
      ['news', 0],
      ['other', 1],
    ]);
  });

  it('R-1 a publication that is not permitted reaches nobody', async () => {
    const { alice, bob } = await scene(({ action }) => action !== 'publish');
    const heard: unknown[] = [];
    await alice.subscribeTopic('bob', 'news', (value) => heard.push(value)).ready;
    const told = next<[P2PError]>(bob, 'SERVER_ERROR');
    void bob.publishTopic('news', 1);
    expect((await told)[0].code).toBe('FORBIDDEN');
    await settled(bob, alice);
    expect(heard).toEqual([]);
  });

  it('R-1 the services of the server need no permission', async () => {
    const relay = await startRelay({ plugin: { isService: true, authorize: ({ action }) => action !== 'provide' } });
    const clock = relay.server.asService('clock');
    clock.provideService('now', () => 5);
    clock.createTopic('tick');
    const alice = await relay.connect('alice');
    const heard: unknown[] = [];
    await alice.subscribeTopic('clock', 'tick', (value) => heard.push(value)).ready;
    await clock.publishTopic('tick', 1);
    expect(await alice.callService('clock', 'now')).toBe(5);
    expect(heard).toEqual([1]);
  });
});
