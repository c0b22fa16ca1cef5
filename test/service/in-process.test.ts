import { describe, expect, it } from 'vitest';
import { codeOf, next, settled, startRelay } from '../support/relay.js';
import { expectNoUnhandledRejections } from '../support/service-hosts.js';
import { endOf, listen } from '../support/topics.js';

// What is particular to services in the server's own process: they answer before a call has returned.

async function startHost() {
  expectNoUnhandledRejections();
  const relay = await startRelay({ plugin: { isService: true } });
  return { ...relay, own: relay.server.asService('own') };
}

describe('SV-1 a service of the server', () => {
  it('SV-2 may call itself to any depth, as one on a client may', async () => {
    const { own, server } = await startHost();
    own.provideService('depth', (left: number) => (left === 0 ? 'done' : own.callService('own', 'depth', left - 1)));
    expect(await server.callService('own', 'depth', 3_000)).toBe('done');
    expect((await server.describeService('own')).apis).toMatchObject([{ calls: 3_001, active: 0, errors: 0 }]);
  });

  it('SV-2 keeps the order of what waits for its turn', async () => {
    const { own, server } = await startHost();
    const heard: unknown[] = [];
    own.createTopic('news');
    const { subscription } = listen(server, 'own', 'news');
    await subscription.ready;
    own.provideService('deep', async (left: number) => {
      if (left > 0) return own.callService('own', 'deep', left - 1);
      for (const value of [1, 2, 3]) void own.publishTopic('news', value);
      return own.callService('own', 'last');
    });
    own.provideService('last', () => void own.publishTopic('news', 4));
    server.subscribeTopic('own', 'news', (value) => heard.push(value));
    await server.callService('own', 'deep', 100);
    await server.describeService('own');
    expect(heard).toEqual([1, 2, 3, 4]);
  });

  it('SV-5 who subscribes as a publication is delivered hears what is kept, and that once', async () => {
    const { own, server } = await startHost();
    const other = server.asService('other');
    own.createTopic('news', { retain: 1 });
    const heard: unknown[] = [];
    const late: unknown[] = [];
    server.subscribeTopic('own', 'news', (value) => {
      heard.push(value);
      if (value === 1) other.subscribeTopic('own', 'news', (kept) => late.push(kept));
    });
    await own.publishTopic('news', 1);
    await own.publishTopic('news', 2);
    await server.describeService('own');
    expect([heard, late]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('SV-1 that is closed has no subscriptions left, and an iteration of one ends', async () => {
    const { own, server, connect } = await startHost();
    const client = await connect('client', {}, { isService: true });
    client.createTopic('news');
    const subscription = own.subscribeTopic('client', 'news');
    await subscription.ready;
    const taken = codeOf(subscription[Symbol.asyncIterator]().next());
    own.close();
    expect([await endOf(subscription), await taken, subscription.state]).toEqual(['LINK_DOWN', 'LINK_DOWN', 'ended']);
    await expect.poll(async () => (await server.describeService('client')).topics).toMatchObject([{ subscribers: 0 }]);
  });

  it('R-3 has a view with another deadline, whose callbacks take the error first', async () => {
    const { own, connect } = await startHost();
    const client = await connect('client', {}, { isService: true });
    client.provideService('mute', () => new Promise(() => {}));
    const view = own.with({ timeout: 20 });
    expect(await codeOf(view.callService('client', 'mute'))).toBe('TIMEOUT');
    const told = await new Promise((resolve) => view.emitService('client', 'mute', (error: unknown) => resolve(error)));
    expect(told).toMatchObject({ code: 'TIMEOUT' });
    const controller = new AbortController();
    client.createTopic('news');
    const subscription = own.with({ signal: controller.signal }).subscribeTopic('client', 'news');
    await subscription.ready;
    controller.abort();
    expect(await subscription.ended).toBeUndefined();
    client.onService('own', 'hi', (ack: (answer: string) => void) => ack('hi'));
    const answer = await new Promise((resolve) => own.emitClient('client', 'hi', (given: unknown) => resolve(given)));
    expect(answer).toBe('hi');
  });
});

describe('SV-3 a service and a client of one id', () => {
  /** Both have a topic of one name, and Alice subscribes to that of the client first. */
  async function startShared() {
    const { server, connect } = await startHost();
    const client = await connect('shared', {}, { isService: true });
    client.createTopic('news');
    const alice = await connect('alice');
    const first = listen(alice, 'shared', 'news');
    await first.subscription.ready;
    const hosted = server.asService('shared', { shared: true });
    hosted.createTopic('news');
    const second = listen(alice, 'shared', 'news');
    await second.subscription.ready;
    return { server, client, hosted, alice, first, second };
  }

  it('CV-4 each has its own subscribers: the end of one topic is not that of the other', async () => {
    const { server, client, hosted, alice, first, second } = await startShared();
    await client.publishTopic('news', 'of the client');
    await settled(client);
    await hosted.publishTopic('news', 'of the server');
    await settled(alice);
    expect([first.heard, second.heard]).toEqual([['of the client'], ['of the server']]);
    hosted.destroyTopic('news');
    expect(await endOf(second.subscription)).toBe('TOPIC_DESTROYED');
    await client.publishTopic('news', 'still');
    await settled(client, alice);
    expect([first.subscription.state, first.heard]).toEqual(['active', ['of the client', 'still']]);
    first.subscription.unsubscribe();
    await settled(alice, client);
    const topics = server.sockets.adapter.rooms.keys();
    expect([...topics].filter((room) => room.startsWith('p2p:topic'))).toEqual([]);
  });

  it('CV-4 the client leaves: who subscribes to the server’s topic can still leave that', async () => {
    const { server, client, alice, first, second } = await startShared();
    client.disconnect();
    expect(await endOf(first.subscription)).toBe('PEER_GONE');
    expect(second.subscription.state).toBe('active');
    second.subscription.unsubscribe();
    await settled(alice);
    expect((await server.describeService('shared')).topics).toMatchObject([{ subscribers: 0 }]);
  });

  it('CM-5 who listens to the id hears when the client leaves, also one that came after the service', async () => {
    const { server, connect } = await startHost();
    server.asService('shared', { shared: true });
    const alice = await connect('alice');
    const heard: unknown[] = [];
    alice.from('shared').on('hi', (text) => heard.push(text));
    await settled(alice);
    const client = await connect('shared');
    client.emitTo('alice', 'hi', 1);
    await settled(client, alice);
    const left = next(server.getSocketByClientId('shared')!, 'disconnect');
    client.disconnect();
    await left;
    await settled(alice);
    const again = await connect('shared');
    expect(await codeOf(again.emitToWithAck('alice', 'hi', 2))).toBe('NO_LISTENER');
    expect(heard).toEqual([1]);
  });
});
