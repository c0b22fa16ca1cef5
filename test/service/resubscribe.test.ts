import { describe, expect, it } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import {
  codeOf,
  connected,
  next,
  rawSocketTo,
  settled,
  startRelay,
  type TestClient,
  type TestRelay,
} from '../support/relay.js';
import { HOSTINGS, type TestService } from '../support/service-hosts.js';
import { codesOf, endOf, type Listening, listen, numbers, PATIENT, subscribersOf } from '../support/topics.js';

const recovery = { connectionStateRecovery: { maxDisconnectionDuration: 60_000, skipMiddlewares: true } };

/** Cuts the connection under a client; it comes back by itself. */
async function loseLink(client: TestClient): Promise<void> {
  const gone = next(client, 'disconnect');
  client.io.engine.close();
  await gone;
}

/** It is connected again, and the server has handled what it sent at once. */
async function isBack(client: TestClient): Promise<void> {
  await expect.poll(() => codeOf(client.isClientConnected(client.clientId)), PATIENT).toBe('no error');
}

/** Both leave, and the server knows it, in this order. */
async function leave(relay: TestRelay, ...clients: TestClient[]): Promise<void> {
  for (const client of clients) {
    client.disconnect();
    await expect.poll(() => relay.server.getSocketByClientId(client.clientId), PATIENT).toBeUndefined();
  }
}

async function told(listening: Listening, what: string): Promise<void> {
  await expect.poll(() => listening.told.at(-1), PATIENT).toBe(what);
}

describe.each(HOSTINGS)('the link of a subscriber is lost, to a service %s', (_kind, host) => {
  async function scene(options: Parameters<TestService['provider']['createTopic']>[1] = {}) {
    const service = await host();
    service.provider.createTopic('news', options);
    const caller = await service.connect('caller');
    const watcher = await service.connect('watcher');
    return { ...service, caller, watcher };
  }

  it('CC-2 a subscription is interrupted, then resumed, and publications come again', async () => {
    const { provider, name, caller, watcher } = await scene();
    const made = [listen(caller, name, 'news'), listen(caller, name, 'news')];
    const iterated = caller.subscribeTopic(name, 'news');
    await Promise.all([...made.map(({ subscription }) => subscription.ready), iterated.ready]);
    await provider.publishTopic('news', 1);
    await caller.describeService(name);
    for (const round of numbers(1, 3)) {
      await loseLink(caller);
      expect(made.map(({ subscription }) => subscription.state)).toEqual(['interrupted', 'interrupted']);
      for (const one of made) await told(one, 'resumed');
      await expect.poll(() => iterated.state, PATIENT).toBe('active');
      expect(await subscribersOf(watcher, name, 'news')).toBe(1);
      await provider.publishTopic('news', round + 1);
      await caller.describeService(name);
    }
    const events = numbers(1, 3).flatMap(() => ['interrupted LINK_DOWN', 'resumed']);
    expect(made.map((one) => one.told)).toEqual([events, events]);
    expect(made.map(({ heard }) => heard)).toEqual([numbers(1, 4), numbers(1, 4)]);
    const heard: unknown[] = [];
    for await (const value of iterated) if (heard.push(value) === 4) break;
    expect(heard).toEqual(numbers(1, 4));
    expect(codesOf(caller.errors)).toEqual([]);
  });

  it('CC-2 what the topic keeps comes once more', async () => {
    const { provider, name, caller } = await scene({ retain: 2 });
    for (const count of numbers(1, 3)) await provider.publishTopic('news', count);
    const one = listen(caller, name, 'news');
    await one.subscription.ready;
    await caller.describeService(name);
    await loseLink(caller);
    await provider.publishTopic('news', 4);
    await told(one, 'resumed');
    await caller.describeService(name);
    expect(one.heard).toEqual([2, 3, 3, 4]);
  });

  it('CC-2 CV-4 the service decides again, and may refuse', async () => {
    const verdicts: (true | string)[] = [true, 'not twice'];
    const { name, caller } = await scene({ accept: () => verdicts.shift() ?? true });
    const one = listen(caller, name, 'news');
    await one.subscription.ready;
    await loseLink(caller);
    expect(await one.subscription.ended).toMatchObject({ code: 'SUBSCRIPTION_REFUSED', message: 'not twice' });
    expect(one.told).toEqual(['interrupted LINK_DOWN', 'ended SUBSCRIPTION_REFUSED']);
  });

  it('CC-2 a topic that is gone meanwhile ends it with its code, by the deadline', async () => {
    const { provider, name, caller } = await scene();
    const one = listen(caller.with({ timeout: 1_000 }), name, 'news');
    await one.subscription.ready;
    await loseLink(caller);
    provider.destroyTopic('news');
    expect(await endOf(one.subscription)).toBe('TOPIC_NOT_FOUND');
    expect(one.told).toEqual(['interrupted LINK_DOWN', 'ended TOPIC_NOT_FOUND']);
  });

  it('CC-2 a topic that comes back within the deadline is subscribed to again', async () => {
    const { provider, name, caller } = await scene();
    const one = listen(caller, name, 'news');
    await one.subscription.ready;
    await loseLink(caller);
    provider.destroyTopic('news');
    await isBack(caller);
    await caller.describeService(name);
    provider.createTopic('news');
    await told(one, 'resumed');
    await provider.publishTopic('news', 1);
    await caller.describeService(name);
    expect(one.heard).toEqual([1]);
  });

  it('CC-2 unsubscribed while it is interrupted, it is not asked for again', async () => {
    const { name, caller, watcher } = await scene();
    const [one, other] = [listen(caller, name, 'news'), listen(caller, name, 'news')];
    await Promise.all([one.subscription.ready, other.subscription.ready]);
    await loseLink(caller);
    one.subscription.unsubscribe();
    expect(one.told).toEqual(['interrupted LINK_DOWN', 'ended undefined']);
    caller.unsubscribeTopic(name, 'news');
    await isBack(caller);
    expect(await subscribersOf(watcher, name, 'news')).toBe(0);
    expect(other.subscription.state).toBe('ended');
  });

  it('CC-2 unsubscribed while the service is asked again, or waited for, it is no subscriber', async () => {
    const { provider, name, caller, watcher } = await scene();
    const one = listen(caller, name, 'news');
    await one.subscription.ready;
    await loseLink(caller);
    provider.destroyTopic('news');
    await isBack(caller);
    one.subscription.unsubscribe();
    provider.createTopic('news');
    await caller.describeService(name);
    expect(await subscribersOf(watcher, name, 'news')).toBe(0);
    expect(one.told).toEqual(['interrupted LINK_DOWN', 'ended undefined']);
  });

  it('CC-2 what was asked for and not answered when the link is lost fails as all that waits', async () => {
    const { name, caller } = await scene({ accept: () => new Promise(() => {}) });
    const one = listen(caller, name, 'news');
    await caller.describeService(name);
    await loseLink(caller);
    expect(await codeOf(one.subscription.ready)).toBe('LINK_DOWN');
    expect(one.told).toEqual(['ended LINK_DOWN']);
  });

  it('CC-2 before the first connect it waits, inside its deadline', async () => {
    const { relay, provider, name } = await scene();
    const early = p2pClientPlugin(relay.rawSocket({ autoConnect: false }), 'early');
    const one = listen(early as TestClient, name, 'news');
    const late = listen(early.with({ timeout: 20 }) as TestClient, name, 'news');
    expect(await codeOf(late.subscription.ready)).toBe('TIMEOUT');
    early.connect();
    await one.subscription.ready;
    await provider.publishTopic('news', 1);
    await early.describeService(name);
    expect(one.heard).toEqual([1]);
  });

  it('CC-2 lost again and again while it is asked for, it is resumed at last', async () => {
    const { provider, name, caller, watcher } = await scene({ accept: async () => true });
    const one = listen(caller, name, 'news');
    await one.subscription.ready;
    for (const round of numbers(1, 6)) {
      await loseLink(caller);
      await next(caller, 'connect');
      if (round % 2) await settled(caller);
    }
    await told(one, 'resumed');
    await isBack(caller);
    expect(await subscribersOf(watcher, name, 'news')).toBe(1);
    await provider.publishTopic('news', 'x');
    await caller.describeService(name);
    expect(one.heard).toEqual(['x']);
    expect(one.told).toEqual(one.told.map((_, index) => (index % 2 ? 'resumed' : 'interrupted LINK_DOWN')));
  });
});

describe('the links of both are lost', () => {
  it('R-2 without a link, a topic that waits for its subscribers says so, and one that does not keeps what it can', async () => {
    const relay = await startRelay();
    const service = await relay.connect('service', {}, { isService: true });
    service.createTopic('waits', { slow: 'wait' });
    service.createTopic('keeps', { retain: 1 });
    service.disconnect();
    expect(await codeOf(service.publishTopic('waits', 1))).toBe('LINK_DOWN');
    expect(await codeOf(service.publishTopic('keeps', 2))).toBe('no error');
    service.connect();
    await isBack(service);
    const alice = await relay.connect('alice');
    const kept = listen(alice, 'service', 'keeps');
    await kept.subscription.ready;
    await settled(service, alice);
    expect(kept.heard).toEqual([2]);
  });

  it('CC-2 a service that comes back later than the subscriber is asked until it is there', async () => {
    const relay = await startRelay();
    const service = await relay.connect('service', {}, { isService: true });
    service.createTopic('news');
    const caller = await relay.connect('caller');
    const one = listen(caller, 'service', 'news');
    await one.subscription.ready;
    await leave(relay, caller, service);
    caller.connect();
    await isBack(caller);
    expect(one.told).toEqual(['interrupted LINK_DOWN']);
    service.connect();
    await told(one, 'resumed');
    await service.publishTopic('news', 1);
    await settled(service, caller);
    expect(one.heard).toEqual([1]);
  });

  it('CC-2 a service that does not come back by the deadline ends it with CLIENT_NOT_FOUND', async () => {
    const relay = await startRelay();
    const service = await relay.connect('service', {}, { isService: true });
    service.createTopic('news');
    const caller = await relay.connect('caller');
    const one = listen(caller.with({ timeout: 1_000 }), 'service', 'news');
    await one.subscription.ready;
    await leave(relay, caller, service);
    caller.connect();
    expect(await endOf(one.subscription)).toBe('CLIENT_NOT_FOUND');
    expect(one.told).toEqual(['interrupted LINK_DOWN', 'ended CLIENT_NOT_FOUND']);
  });

  it('CC-2 a service whose link is lost keeps its topics, and counts its subscribers anew', async () => {
    const relay = await startRelay();
    const service = await relay.connect('service', {}, { isService: true });
    service.createTopic('news', { retain: 1 });
    await service.publishTopic('news', 'kept');
    const caller = await relay.connect('caller');
    const one = listen(caller, 'service', 'news');
    await one.subscription.ready;
    await loseLink(service);
    expect(await endOf(one.subscription)).toBe('PEER_GONE');
    await isBack(service);
    expect(await subscribersOf(caller, 'service', 'news')).toBe(0);
    const again = listen(caller, 'service', 'news');
    await again.subscription.ready;
    expect(await subscribersOf(caller, 'service', 'news')).toBe(1);
    expect([one.heard, again.heard]).toEqual([['kept'], ['kept']]);
    expect(codesOf(caller.errors)).toEqual([]);
  });
});

describe('with connection state recovery on', () => {
  it('CC-2 a recovered client hears no topic twice, and a plain one none that it subscribed to before', async () => {
    const relay = await startRelay({ socketIo: recovery });
    const service = await relay.connect('service', {}, { isService: true });
    service.createTopic('news');
    const caller = await connected(p2pClientPlugin(rawSocketTo(relay.url), 'caller'));
    const plain = await relay.connectPlain('plain');
    const atPlain: unknown[] = [];
    plain.on('TOPIC_PUBLICATION', (body) => atPlain.push(body.value));
    relay.server.emitTo('caller', 'app', 1);
    relay.server.emitTo('plain', 'app', 1);
    const one = listen(caller, 'service', 'news');
    await one.subscription.ready;
    await plain.emitWithAck('TOPIC_SUBSCRIBE', { service: 'service', topic: 'news' });
    await service.publishTopic('news', 1);
    await settled(service, caller);
    await plain.emitWithAck('IS_CLIENT_CONNECTED', { targetClientId: 'x' });
    const back = Promise.all([next(caller, 'connect'), next(plain, 'connect')]);
    relay.server.getSocketByClientId('caller')?.conn.close();
    relay.server.getSocketByClientId('plain')?.conn.close();
    // Nobody is there, so that it is lost and not to be found again.
    await service.publishTopic('news', 2);
    await back;
    expect([caller.recovered, plain.recovered]).toEqual([true, true]);
    await told(one, 'resumed');
    await service.publishTopic('news', 3);
    await settled(service, caller);
    await plain.emitWithAck('IS_CLIENT_CONNECTED', { targetClientId: 'x' });
    expect([one.heard, atPlain]).toEqual([[1, 3], [1]]);
    expect([...(relay.server.getSocketByClientId('plain')?.rooms ?? [])]).toEqual([plain.id]);
    expect(await subscribersOf(caller, 'service', 'news')).toBe(1);
  });
});
