import { Server as SocketIoServer } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { NO_SERVICES } from '../../src/peer/no-services.js';
import type { PeerEngine } from '../../src/peer/peer-engine.js';
import { ServiceHost } from '../../src/peer/service-host.js';
import { topicRoom } from '../../src/protocol/identifiers.js';
import { hostEngine } from '../../src/server/hosted-engine.js';
import { codeOf, settled, thrownBy } from '../support/relay.js';
import { HOSTINGS } from '../support/service-hosts.js';
import { testSessions } from '../support/sessions.js';
import { endOf, listen, numbers, PATIENT, subscribersOf, topicRooms } from '../support/topics.js';

describe.each(HOSTINGS)('the life of topics of a service %s', (_kind, host) => {
  it('SV-5 a topic is a room with a reserved name, as long as it has subscribers', async () => {
    const { relay, provider, name, connect } = await host();
    provider.createTopic('news');
    expect(topicRooms(relay)).toEqual({});
    const [alice, bob] = [await connect('alice'), await connect('bob')];
    const subscriptions = [alice, bob].map((client) => client.subscribeTopic(name, 'news'));
    await Promise.all(subscriptions.map(({ ready }) => ready));
    const room = topicRoom(name, 'news');
    expect(topicRooms(relay)).toEqual({ [room]: 2 });
    expect(relay.server.sockets.adapter.rooms.get(room)).toEqual(new Set([alice.id, bob.id]));
    bob.disconnect();
    await expect.poll(() => topicRooms(relay), PATIENT).toEqual({ [room]: 1 });
    subscriptions[0]?.unsubscribe();
    await expect.poll(() => topicRooms(relay), PATIENT).toEqual({});
  });

  it('SV-5 R-1 no client joins, leaves or emits to the room of a topic', async () => {
    const { relay, provider, name, connect } = await host();
    provider.createTopic('news');
    const [alice, mallory] = [await connect('alice'), await connect('mallory')];
    const plain = await relay.connectPlain('plain');
    const { subscription, heard } = listen(alice, name, 'news');
    alice.onMessage((message) => heard.push(message));
    await subscription.ready;
    const room = topicRoom(name, 'news');
    for (const client of [alice, mallory]) {
      expect(await codeOf(client.joinRoom(room))).toBe('ROOM_RESERVED');
      expect(await codeOf(client.leaveRoom(room))).toBe('ROOM_RESERVED');
      expect(thrownBy(() => client.emitRoom(room, 'x', 1))).toBe('ROOM_RESERVED');
    }
    for (const verb of ['JOIN_ROOM', 'LEAVE_ROOM', 'EMIT_ROOM']) {
      const result = await plain.timeout(5_000).emitWithAck(verb, { room, event: 'x', args: [] });
      expect(result).toMatchObject({ error: { code: 'ROOM_RESERVED' } });
    }
    for (const header of [`"join",1,"${room}"`, `"leave",2,"${room}"`, `"room-message","${room}","x",0`]) {
      mallory.io.engine.write(`2["P2P","[]",[${header}]]`);
    }
    await settled(mallory, alice);
    expect(mallory.errors.map(({ code }) => code)).toEqual(Array(3).fill('ROOM_RESERVED'));
    expect([heard, topicRooms(relay)]).toEqual([[], { [room]: 1 }]);
  });

  it('SV-5 services with one name for a topic, or names that run together, do not mix', async () => {
    const { relay, provider, name, connect } = await host('a');
    const other = await relay.connect('a-b', {}, { isService: true });
    const colon = await relay.connect('a:1', {}, { isService: true });
    for (const topic of ['c', 'b-c', '1:c', 'news']) provider.createTopic(topic);
    for (const topic of ['c', 'news']) other.createTopic(topic);
    colon.createTopic('c');
    const caller = await connect('caller');
    const names = ['a/c', 'a/b-c', 'a/1:c', 'a/news', 'a-b/c', 'a-b/news', 'a:1/c'];
    const heard: string[] = [];
    const subscriptions = names.map((of) => {
      const [service = '', topic = ''] = of.split('/');
      return caller.subscribeTopic(service, topic, (value) => heard.push(`${of} hears ${value}`));
    });
    await Promise.all(subscriptions.map(({ ready }) => ready));
    expect(Object.keys(topicRooms(relay))).toHaveLength(names.length);
    for (const topic of ['c', 'b-c', '1:c', 'news']) await provider.publishTopic(topic, `a/${topic}`);
    for (const topic of ['c', 'news']) await other.publishTopic(topic, `a-b/${topic}`);
    await colon.publishTopic('c', 'a:1/c');
    for (const service of [name, 'a-b', 'a:1']) await caller.describeService(service);
    expect(heard.sort()).toEqual(names.map((of) => `${of} hears ${of}`).sort());
    caller.unsubscribeTopic('a', 'c');
    other.destroyTopic('news');
    await caller.describeService('a-b');
    const ended = subscriptions.filter(({ state }) => state === 'ended').map((one) => `${one.service}/${one.topic}`);
    expect(ended).toEqual(['a/c', 'a-b/news']);
  });

  it('SV-5 destroying a topic ends every subscription to it; made again it starts empty', async () => {
    const { relay, provider, name, connect } = await host();
    const destroy = provider.createTopic('news', { retain: 5 });
    provider.createTopic('kept');
    await provider.publishTopic('news', 'old');
    const clients = [await connect('alice'), await connect('bob')];
    const made = clients.flatMap((client) => [listen(client, name, 'news'), listen(client, name, 'news')]);
    const kept = listen(clients[0]!, name, 'kept');
    await Promise.all([...made, kept].map(({ subscription }) => subscription.ready));
    destroy();
    expect(await Promise.all(made.map(({ subscription }) => endOf(subscription)))).toEqual(
      Array(4).fill('TOPIC_DESTROYED'),
    );
    expect(await codeOf(clients[0]!.subscribeTopic(name, 'news').ready)).toBe('TOPIC_NOT_FOUND');
    provider.createTopic('news', { retain: 5 });
    // What destroyed the first does nothing to the second.
    destroy();
    const again = listen(clients[0]!, name, 'news');
    await again.subscription.ready;
    await provider.publishTopic('news', 'new');
    const { topics } = await clients[0]!.describeService(name);
    expect(topics.find((topic) => topic.name === 'news')).toEqual({
      name: 'news',
      subscribers: 1,
      publications: 1,
      retained: 1,
    });
    expect([...made.map(({ heard }) => heard), again.heard]).toEqual([...Array(4).fill(['old']), ['new']]);
    expect(kept.subscription.state).toBe('active');
    provider.destroyAllServices();
    expect(await endOf(kept.subscription)).toBe('TOPIC_DESTROYED');
    await expect.poll(() => topicRooms(relay), PATIENT).toEqual({});
  });

  it('SV-5 the service is gone: PEER_GONE', async () => {
    const { relay, provider, name, connect, leave } = await host();
    provider.createTopic('news');
    const caller = await connect('caller');
    const made = [listen(caller, name, 'news'), listen(caller, name, 'news')];
    await Promise.all(made.map(({ subscription }) => subscription.ready));
    leave();
    expect(await Promise.all(made.map(({ subscription }) => endOf(subscription)))).toEqual(['PEER_GONE', 'PEER_GONE']);
    expect(made.map(({ told }) => told)).toEqual(Array(2).fill(['ended PEER_GONE']));
    expect(await codeOf(caller.subscribeTopic(name, 'news').ready)).toBe('CLIENT_NOT_FOUND');
    await expect.poll(() => topicRooms(relay), PATIENT).toEqual({});
  });

  it('SV-4 the number of subscribers follows who subscribes, unsubscribes and leaves', async () => {
    const { relay, provider, name, connect } = await host();
    provider.createTopic('news');
    const [watcher, alice, bob] = [await connect('watcher'), await connect('alice'), await connect('bob')];
    const count = () => subscribersOf(watcher, name, 'news');
    const subscriptions = [alice, alice, bob].map((client) => client.subscribeTopic(name, 'news'));
    await Promise.all(subscriptions.map(({ ready }) => ready));
    expect(await count()).toBe(2);
    bob.disconnect();
    await expect.poll(() => relay.server.getSocketByClientId('bob'), PATIENT).toBeUndefined();
    expect(await count()).toBe(1);
    subscriptions[0]?.unsubscribe();
    await alice.describeService(name);
    expect(await count()).toBe(1);
    subscriptions[1]?.unsubscribe();
    await alice.describeService(name);
    expect(await count()).toBe(0);
  });

  it('SV-4 late subscribers first get the latest that the topic keeps, bytes among them', async () => {
    const { provider, name, connect } = await host();
    provider.createTopic('none');
    provider.createTopic('three', { retain: 3 });
    const values = [1, { two: 2 }, Buffer.from('three'), [{ four: Buffer.from('4') }]];
    for (const value of values) {
      await provider.publishTopic('none', value);
      await provider.publishTopic('three', value);
    }
    const caller = await connect('caller');
    const [none, three] = [listen(caller, name, 'none'), listen(caller, name, 'three')];
    const iterated = caller.subscribeTopic(name, 'three');
    await Promise.all([none.subscription.ready, three.subscription.ready, iterated.ready]);
    await provider.publishTopic('none', 5);
    await provider.publishTopic('three', 5);
    const { topics } = await caller.describeService(name);
    expect([none.heard, three.heard]).toEqual([[5], [...values.slice(1), 5]]);
    expect(topics.map(({ retained, publications }) => [retained, publications])).toEqual([
      [0, 5],
      [3, 5],
    ]);
    const taken: unknown[] = [];
    for await (const value of iterated) if (taken.push(value) === 4) break;
    expect(taken).toEqual(three.heard);
  });

  it('SV-4 who subscribes while publications go on gets them without gap and without double', async () => {
    const { provider, name, connect } = await host();
    provider.createTopic('counts', { retain: 5 });
    const clients = [await connect('alice'), await connect('bob')];
    const made: { readonly after: number; readonly heard: unknown[] }[] = [];
    for (const count of numbers(1, 300)) {
      await provider.publishTopic('counts', count);
      if (count % 7 === 0) made.push({ after: count, heard: listen(clients[count % 2]!, name, 'counts').heard });
      if (count % 11 === 0) await clients[count % 2]!.isClientConnected('alice');
    }
    for (const client of clients) await client.describeService(name);
    for (const { after, heard } of made) {
      const first = heard[0] as number;
      expect([after, first > after - 5]).toEqual([after, true]);
      expect(heard).toEqual(numbers(first, 300));
      expect(heard.length).toBeGreaterThanOrEqual(5);
    }
  });

  it('SV-5 after many subscriptions, in every way to end one, nothing is left', async () => {
    const { relay, provider, name, connect } = await host();
    provider.createTopic('news', { retain: 1, accept: ({ from }) => from !== 'refused' });
    await provider.publishTopic('news', 'kept');
    const watcher = await connect('watcher');
    for (const round of numbers(1, 20)) {
      const caller = await connect(round % 5 === 0 ? 'refused' : 'caller');
      const subscriptions = numbers(1, 5).map(() => listen(caller, name, 'news').subscription);
      subscriptions[0]?.unsubscribe();
      await Promise.all(subscriptions.map((subscription) => codeOf(subscription.ready)));
      subscriptions[1]?.unsubscribe();
      await provider.publishTopic('news', round);
      if (round % 2) caller.unsubscribeTopic(name, 'news');
      caller.disconnect();
      await expect.poll(() => relay.server.getSocketByClientId(caller.clientId), PATIENT).toBeUndefined();
    }
    expect(await subscribersOf(watcher, name, 'news')).toBe(0);
    expect(topicRooms(relay)).toEqual({});
    expect(relay.logged).toEqual([]);
  });
});

describe('a session', () => {
  it('threats: has no subscription, topic or edge left when all who subscribed are gone', async () => {
    const io = new SocketIoServer();
    const sessions = testSessions({ namespace: io.of('/'), logError: () => {} });
    const failed = () => {};
    const silent = {
      ...NO_SERVICES,
      message: () => {},
      pairAsked: () => {},
      streamAsked: () => {},
      pairEnded: () => {},
      peerGone: () => {},
      failed,
    };
    const host: ServiceHost = new ServiceHost({ service: 's', engine: () => service.engine, isService: true, failed });
    const handler = {
      ...silent,
      subscribeAsked: host.topics.subscribeAsked.bind(host.topics),
      unsubscribed: host.topics.unsubscribed.bind(host.topics),
      sessionGone: host.topics.sessionGone.bind(host.topics),
    };
    const service = hostEngine({
      sessions,
      clientId: 's',
      handler,
      isService: true,
      isShared: false,
      hasApi: () => false,
      hasTopic: (name) => host.topics.has(name),
    });
    const hosted = { sessions, handler: silent, isService: false, isShared: false };
    const nothing = { hasApi: () => false, hasTopic: () => false };
    const client = (clientId: string) => hostEngine({ ...hosted, ...nothing, clientId });
    const subscribe = (engine: PeerEngine, topic: string) => {
      const listener = { active() {}, publication() {}, missed() {}, interrupted() {}, ended() {} };
      return engine.services.subscribe({ service: 's', topic, timeout: 10_000, listener });
    };
    for (const topic of ['news', 'refused']) host.topics.create(topic, { accept: () => topic === 'news', retain: 1 });
    const clients = numbers(1, 10).map((n) => client(`c${n}`));
    for (const [index, { engine, session }] of clients.entries()) {
      const ends = numbers(1, 3).flatMap(() => [subscribe(engine, 'news'), subscribe(engine, 'refused')]);
      await Promise.resolve();
      expect([session.subscriptions.size, service.session.topics.size, service.session.edges.size]).toEqual([1, 1, 1]);
      if (index % 2) for (const end of ends) end();
      else sessions.end(session);
      await Promise.resolve();
      expect([engine.pendingCount, session.subscriptions.size, session.edges.size]).toEqual([0, 0, 0]);
      if (!session.ended) expect(engine.services.subscriptionCount).toBe(0);
      expect([service.session.topics.size, service.session.edges.size, service.engine.pendingCount]).toEqual([0, 0, 0]);
    }
    const last = client('last');
    subscribe(last.engine, 'news');
    host.topics.destroy('news');
    expect([last.session.subscriptions.size, last.session.edges.size, service.session.topics.size]).toEqual([0, 0, 0]);
    expect(last.engine.services.subscriptionCount).toBe(0);
  });
});
