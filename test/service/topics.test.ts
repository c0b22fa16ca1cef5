import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe, expect, it } from 'vitest';
import { P2PError } from '../../src/protocol/p2p-error.js';
import { defineService, topic } from '../../src/protocol/service-contract.js';
import { codeOf, ENVELOPES, settled, startRelay, thrownBy } from '../support/relay.js';
import { HOSTINGS } from '../support/service-hosts.js';
import { codesOf, endOf, listen, numbers, PATIENT, subscribersOf, toldBy, topicRooms } from '../support/topics.js';

/** Takes numbers; odd ones later than even ones. */
const numberSchema: StandardSchemaV1<number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => {
      const result = typeof value === 'number' ? { value } : { issues: [{ message: 'not a number' }] };
      return value === 'late' || (typeof value === 'number' && value % 2 === 1)
        ? new Promise((resolve) => setImmediate(() => resolve(result)))
        : result;
    },
  },
};

describe.each(HOSTINGS)('topics of a service %s', (_kind, host) => {
  it('CV-3 a callback gets every publication in order, of any kind of value', async () => {
    const { provider, name, connect } = await host();
    provider.createTopic('news');
    const caller = await connect('caller');
    const { subscription, heard, told } = listen(caller, name, 'news');
    expect([subscription.service, subscription.topic, subscription.state]).toEqual([name, 'news', 'asking']);
    await subscription.ready;
    expect(subscription.state).toBe('active');
    const values = ['text', 5, null, { deep: [{ bytes: Buffer.from('b') }] }, Buffer.from('bytes'), [1], false];
    for (const value of values) await provider.publishTopic('news', value);
    await provider.publishTopic('news');
    expect(await subscribersOf(caller, name, 'news')).toBe(1);
    expect(heard).toEqual([...values, undefined]);
    subscription.unsubscribe();
    expect([subscription.state, subscription.missed]).toEqual(['ended', 0]);
    expect(await subscription.ended).toBeUndefined();
    await provider.publishTopic('news', 'late');
    expect(await subscribersOf(caller, name, 'news')).toBe(0);
    expect([heard.length, told, caller.errors]).toEqual([values.length + 1, ['ended undefined'], []]);
  });

  it('CV-3 unsubscribing twice is once, and nothing is heard of it afterwards', async () => {
    const { provider, name, connect } = await host();
    provider.createTopic('news');
    const caller = await connect('caller');
    const { subscription, told } = listen(caller, name, 'news');
    await subscription.ready;
    subscription.unsubscribe();
    subscription.unsubscribe();
    provider.destroyTopic('news');
    await caller.describeService(name);
    expect(told).toEqual(['ended undefined']);
  });

  it('CV-3 a publication within a callback’s unsubscribe is the last', async () => {
    const { provider, name, connect } = await host();
    provider.createTopic('news');
    const caller = await connect('caller');
    const heard: unknown[] = [];
    const subscription = caller.subscribeTopic(name, 'news', (value) => {
      heard.push(value);
      if (value === 2) subscription.unsubscribe();
    });
    await subscription.ready;
    for (const value of numbers(1, 4)) await provider.publishTopic('news', value);
    await caller.describeService(name);
    expect(heard).toEqual([1, 2]);
  });

  it('CV-3 a callback or a listener that fails is told, and what follows is heard', async () => {
    const { provider, name, connect } = await host();
    provider.createTopic('news');
    const caller = await connect('caller');
    const heard: unknown[] = [];
    const subscription = caller.subscribeTopic(name, 'news', (value) => {
      heard.push(value);
      if (value === 1) throw new Error('sync');
      if (value === 2) return Promise.reject(new Error('async'));
      return undefined;
    });
    subscription.on('ended', () => {
      throw new P2PError('INTERNAL', 'a listener');
    });
    await subscription.ready;
    for (const value of numbers(1, 3)) await provider.publishTopic('news', value);
    await caller.describeService(name);
    provider.destroyTopic('news');
    expect(await endOf(subscription)).toBe('TOPIC_DESTROYED');
    await settled(caller);
    expect(heard).toEqual([1, 2, 3]);
    expect(codesOf(caller.errors)).toEqual(['HANDLER_FAILED', 'HANDLER_FAILED', 'INTERNAL']);
    expect(caller.errors[0]).toMatchObject({ details: { topic: 'news' }, cause: { message: 'sync' } });
  });

  it('CV-3 a subscription is iterated, and leaving the iteration unsubscribes', async () => {
    const { provider, name, connect } = await host();
    provider.createTopic('news');
    const caller = await connect('caller');
    const subscription = caller.subscribeTopic(name, 'news');
    await subscription.ready;
    // Kept until somebody iterates.
    await provider.publishTopic('news', 1);
    await provider.publishTopic('news', 2);
    const heard: unknown[] = [];
    for await (const value of subscription) {
      heard.push(value);
      if (value === 2) await provider.publishTopic('news', 3);
      if (value === 3) break;
    }
    expect(heard).toEqual([1, 2, 3]);
    expect(subscription.state).toBe('ended');
    expect(await subscription.ended).toBeUndefined();
    expect(await subscribersOf(caller, name, 'news')).toBe(0);
    expect(await subscription[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
  });

  it('CV-3 leaving an iteration does not unsubscribe where there is a callback', async () => {
    const { provider, name, connect } = await host();
    provider.createTopic('news');
    const caller = await connect('caller');
    const { subscription, heard } = listen(caller, name, 'news');
    await subscription.ready;
    const first = subscription[Symbol.asyncIterator]();
    const waiting = first.next();
    await provider.publishTopic('news', 1);
    expect(await waiting).toEqual({ done: false, value: 1 });
    const given = first.next();
    expect(await first.return?.()).toEqual({ done: true, value: undefined });
    expect(await given).toEqual({ done: true, value: undefined });
    await provider.publishTopic('news', 2);
    await caller.describeService(name);
    expect(await first.next()).toEqual({ done: true, value: undefined });
    const second = subscription[Symbol.asyncIterator]();
    const next = second.next();
    await provider.publishTopic('news', 3);
    expect(await next).toEqual({ done: false, value: 3 });
    expect([subscription.state, heard]).toEqual(['active', [1, 2, 3]]);
  });

  it('CV-3 unsubscribing ends an iteration after what has arrived; the service ending it makes it throw', async () => {
    const { provider, name, connect } = await host();
    provider.createTopic('news');
    const caller = await connect('caller');
    const [mine, theirs] = [caller.subscribeTopic(name, 'news'), caller.subscribeTopic(name, 'news')];
    await Promise.all([mine.ready, theirs.ready]);
    for (const value of numbers(1, 3)) await provider.publishTopic('news', value);
    await caller.describeService(name);
    mine.unsubscribe();
    const heard: unknown[] = [];
    for await (const value of mine) heard.push(value);
    provider.destroyTopic('news');
    const iterate = async () => {
      for await (const value of theirs) heard.push(value);
    };
    expect(await codeOf(iterate())).toBe('TOPIC_DESTROYED');
    expect(heard).toEqual([1, 2, 3, 1, 2, 3]);
    expect(caller.errors).toEqual([]);
  });

  it('CV-3 a signal ends a subscription as unsubscribing does, before, while and after the service is asked', async () => {
    const { provider, name, connect } = await host();
    provider.createTopic('news');
    const caller = await connect('caller');
    const reason = new Error('enough');
    for (const moment of ['before', 'while', 'after']) {
      const controller = new AbortController();
      if (moment === 'before') controller.abort(reason);
      const { subscription, told } = listen(caller.with({ signal: controller.signal }), name, 'news');
      if (moment === 'after') await subscription.ready;
      controller.abort(reason);
      expect([moment, subscription.state]).toEqual([moment, 'ended']);
      expect(await subscription.ended).toBeUndefined();
      if (moment !== 'after')
        await expect(subscription.ready).rejects.toMatchObject({ code: 'ABORTED', cause: reason });
      // One that is over before anybody could listen tells nothing.
      expect(told).toEqual(moment === 'before' ? [] : ['ended undefined']);
      for await (const value of subscription) expect(value).toBeUndefined();
      await caller.describeService(name);
      expect(await subscribersOf(caller, name, 'news')).toBe(0);
    }
    expect(caller.errors).toEqual([]);
  });

  it('CV-3 several subscriptions of one client are one to the service, and each has its own end', async () => {
    const { relay, provider, name } = await host();
    provider.createTopic('news');
    const caller = await relay.connect('caller', {}, ENVELOPES);
    const [first, second] = [listen(caller, name, 'news'), listen(caller, name, 'news')];
    await Promise.all([first.subscription.ready, second.subscription.ready]);
    expect(await subscribersOf(caller, name, 'news')).toBe(1);
    const packets: unknown[] = [];
    caller.on('P2P' as never, ((_data: unknown, [type]: unknown[]) => packets.push(type)) as never);
    await provider.publishTopic('news', 1);
    expect(await subscribersOf(caller, name, 'news')).toBe(1);
    expect(packets.filter((type) => type === 'publication')).toHaveLength(1);
    first.subscription.unsubscribe();
    await provider.publishTopic('news', 2);
    expect(await subscribersOf(caller, name, 'news')).toBe(1);
    second.subscription.unsubscribe();
    expect(await subscribersOf(caller, name, 'news')).toBe(0);
    expect([first.heard, second.heard]).toEqual([[1], [1, 2]]);
    await expect.poll(() => topicRooms(relay), PATIENT).toEqual({});
  });

  it('CV-4 a second subscription that is refused leaves the first', async () => {
    const { provider, name, connect } = await host();
    const verdicts = [true, false];
    provider.createTopic('news', { accept: () => verdicts.shift() ?? false });
    const caller = await connect('caller');
    const first = listen(caller, name, 'news');
    await first.subscription.ready;
    const second = listen(caller, name, 'news');
    expect(await codeOf(second.subscription.ready)).toBe('SUBSCRIPTION_REFUSED');
    await provider.publishTopic('news', 1);
    expect(await subscribersOf(caller, name, 'news')).toBe(1);
    expect([first.heard, second.heard]).toEqual([[1], []]);
  });

  it('CV-3 unsubscribeTopic ends all subscriptions of this client to that topic, and no others', async () => {
    const { provider, name, connect } = await host();
    provider.createTopic('news');
    provider.createTopic('other');
    const [caller, neighbour] = [await connect('caller'), await connect('neighbour')];
    const ended = [listen(caller, name, 'news'), listen(caller, name, 'news')];
    const kept = [listen(caller, name, 'other'), listen(neighbour, name, 'news')];
    await Promise.all([...ended, ...kept].map(({ subscription }) => subscription.ready));
    const asking = listen(caller, name, 'news');
    caller.unsubscribeTopic(name, 'news');
    expect([...ended, asking].map(({ told }) => told)).toEqual(Array(3).fill(['ended undefined']));
    expect(kept.map(({ subscription }) => subscription.state)).toEqual(['active', 'active']);
    await caller.describeService(name);
    expect(await subscribersOf(caller, name, 'news')).toBe(1);
    caller.unsubscribeTopic(name, 'never subscribed');
    caller.unsubscribeTopic('nobody', 'news');
  });

  it.each([1_000, 1_001, 1_500])(
    'CV-3 an iterated subscription that nobody reads keeps 1,000 publications: of %i it misses the oldest and tells so',
    async (count) => {
      const { provider, name, connect } = await host();
      provider.createTopic('news');
      const caller = await connect('caller');
      const subscription = caller.subscribeTopic(name, 'news');
      const told = toldBy(subscription);
      await subscription.ready;
      for (const value of numbers(1, count)) await provider.publishTopic('news', value);
      await caller.describeService(name);
      const missed = count - 1_000;
      expect([subscription.missed, told.length, new Set(told)]).toEqual([
        missed,
        missed,
        new Set(missed ? ['missed 1'] : []),
      ]);
      subscription.unsubscribe();
      const heard: unknown[] = [];
      for await (const value of subscription) heard.push(value);
      expect(heard).toEqual(numbers(missed + 1, count));
    },
  );

  it('R-3 a failure that nobody looks at is told to SERVER_ERROR; one that is looked at is not', async () => {
    const { provider, name, connect } = await host();
    const caller = await connect('caller');
    caller.subscribeTopic(name, 'nothing', () => {});
    caller.subscribeTopic(name, 'nothing');
    await expect.poll(() => codesOf(caller.errors), PATIENT).toEqual(['TOPIC_NOT_FOUND', 'TOPIC_NOT_FOUND']);
    const looks = [
      (subscription: ReturnType<typeof caller.subscribeTopic>) => codeOf(subscription.ready),
      async (subscription: ReturnType<typeof caller.subscribeTopic>) => endOf(subscription),
      (subscription: ReturnType<typeof caller.subscribeTopic>) =>
        new Promise((resolve) => subscription.on('ended', (reason) => resolve(reason?.code))),
      (subscription: ReturnType<typeof caller.subscribeTopic>) => codeOf(subscription[Symbol.asyncIterator]().next()),
    ];
    for (const look of looks) expect(await look(caller.subscribeTopic(name, 'nothing'))).toBe('TOPIC_NOT_FOUND');
    await settled(caller);
    expect(caller.errors).toHaveLength(2);
    // Who only waited until it was accepted has not seen the end.
    provider.createTopic('news');
    await caller.subscribeTopic(name, 'news', () => {}).ready;
    provider.destroyTopic('news');
    await expect
      .poll(() => codesOf(caller.errors), PATIENT)
      .toEqual([...Array(2).fill('TOPIC_NOT_FOUND'), 'TOPIC_DESTROYED']);
  });

  it('CV-3 SV-3 names that are not there: CLIENT_NOT_FOUND, TOPIC_NOT_FOUND', async () => {
    const { name, connect } = await host();
    const [caller, nobody] = [await connect('caller'), await connect('nobody')];
    expect(await codeOf(caller.subscribeTopic('unknown', 'news').ready)).toBe('CLIENT_NOT_FOUND');
    expect(await codeOf(caller.subscribeTopic(name, 'news').ready)).toBe('TOPIC_NOT_FOUND');
    expect(await codeOf(caller.subscribeTopic(nobody.clientId, 'news').ready)).toBe('TOPIC_NOT_FOUND');
    for (const topicName of ['__proto__', 'constructor', 'toString', 'p2p:describe', ' ']) {
      expect(await codeOf(caller.subscribeTopic(name, topicName).ready)).toBe('TOPIC_NOT_FOUND');
    }
  });

  it('R-2 SV-4 what cannot be right is refused where the call is made', async () => {
    const { provider, name, connect } = await host();
    const caller = await connect('caller');
    const call = caller as unknown as Record<'subscribeTopic' | 'unsubscribeTopic', (...args: unknown[]) => unknown>;
    for (const bad of ['', 'x'.repeat(257), 5, null, undefined, {}, ['news']]) {
      expect(thrownBy(() => call.subscribeTopic(name, bad))).toBe('INVALID_ARGUMENT');
      expect(thrownBy(() => call.unsubscribeTopic(name, bad))).toBe('INVALID_ARGUMENT');
      expect(thrownBy(() => provider.createTopic(bad as string))).toBe('INVALID_ARGUMENT');
    }
    for (const bad of ['', 'x'.repeat(129), '__proto__', 5, null, {}]) {
      expect(thrownBy(() => call.subscribeTopic(bad, 'news'))).toBe('INVALID_ARGUMENT');
    }
    for (const bad of [5, 'text', {}, null]) {
      expect(thrownBy(() => call.subscribeTopic(name, 'news', bad))).toBe('INVALID_ARGUMENT');
    }
    const subscription = caller.subscribeTopic(name, 'news');
    expect(thrownBy(() => subscription.on('ended', 5 as never))).toBe('INVALID_ARGUMENT');
    expect(await codeOf(subscription.ready)).toBe('TOPIC_NOT_FOUND');
    const options = [{ retain: -1 }, { retain: 1.5 }, { retain: 1_001 }, { retain: '1' }, { retain: Number.NaN }];
    for (const bad of [...options, { slow: 'block' }, { slow: null }, { accept: true }, 5, null]) {
      expect(thrownBy(() => provider.createTopic('news', bad as never))).toBe('INVALID_ARGUMENT');
    }
    provider.createTopic('x'.repeat(256), { retain: 1_000 });
    provider.createTopic('news');
    expect(thrownBy(() => provider.createTopic('news'))).toBe('TOPIC_EXISTS');
    expect(thrownBy(() => provider.publishTopic('news', () => {}))).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => provider.publishTopic('unknown', 1))).toBe('TOPIC_NOT_FOUND');
    provider.destroyTopic('news');
    provider.destroyTopic('news');
    expect(thrownBy(() => provider.publishTopic('news', 1))).toBe('TOPIC_NOT_FOUND');
    const { topics } = await caller.describeService(name);
    expect(topics).toMatchObject([{ name: 'x'.repeat(256) }]);
  });

  it('SV-4 one service cannot publish on a topic of another', async () => {
    const { relay, provider, name, connect } = await host();
    provider.createTopic('news');
    const caller = await connect('caller');
    const other = await relay.connect('other', {}, { isService: true });
    const { subscription, heard } = listen(caller, name, 'news');
    await subscription.ready;
    expect(thrownBy(() => other.publishTopic('news', 1))).toBe('TOPIC_NOT_FOUND');
    other.createTopic('news');
    await other.publishTopic('news', 2);
    await settled(other, caller);
    expect(heard).toEqual([]);
  });

  it('R-2 what is too large for a packet is refused to the publisher, kept for nobody, and harms no subscriber', async () => {
    const { relay, provider, name, connect } = await host();
    provider.createTopic('news', { retain: 10 });
    const caller = await connect('caller');
    const { subscription, heard } = listen(caller, name, 'news');
    await subscription.ready;
    const codes = new Set<string>();
    for (const large of ['x'.repeat(1_000_000), Buffer.alloc(1_000_000), '\n"'.repeat(250_000)]) {
      codes.add(await codeOf((async () => provider.publishTopic('news', large))()));
      await caller.describeService(name);
    }
    // On the server there is no packet between the service and the router.
    const isOnClient = relay.server.getSocketByClientId(name) !== undefined;
    expect([...codes]).toEqual([isOnClient ? 'PAYLOAD_TOO_LARGE' : 'no error']);
    await provider.publishTopic('news', 'small');
    const late = listen(caller, name, 'news');
    await late.subscription.ready;
    await caller.describeService(name);
    expect(caller.connected).toBe(true);
    const lengths = [heard, late.heard].map((values) => values.map((value) => (value as string | Buffer).length));
    const expected = isOnClient ? [5] : [1_000_000, 1_000_000, 500_000, 5];
    expect(lengths).toEqual([expected, expected]);
  });

  it('R-1 what nobody reads is bounded in bytes too, also while a validator takes its time', async () => {
    const { provider, name, connect } = await host();
    provider.createTopic('news');
    const caller = await connect('caller');
    const unread = caller.subscribeTopic<string>(name, 'news');
    await unread.ready;
    for (let n = 0; n < 30; n++) {
      await provider.publishTopic('news', `${n} `.padEnd(900_000, '.'));
      await caller.describeService(name);
    }
    expect(unread.missed).toBe(12);
    const { value } = await unread[Symbol.asyncIterator]().next();
    expect(Number.parseInt(value as string, 10)).toBe(12);
  });

  it('R-2 it is measured as it travels, also while nobody subscribes', async () => {
    const { relay, provider, name, connect } = await host();
    provider.createTopic('news', { retain: 10 });
    const isOnClient = relay.server.getSocketByClientId(name) !== undefined;
    const code = await codeOf((async () => provider.publishTopic('news', 'ä'.repeat(600_000)))());
    expect(code).toBe(isOnClient ? 'PAYLOAD_TOO_LARGE' : 'no error');
    await provider.publishTopic('news', 'small');
    const caller = await connect('caller');
    const { subscription, heard } = listen(caller, name, 'news');
    await subscription.ready;
    await caller.describeService(name);
    expect(heard.at(-1)).toBe('small');
  });

  it('SV-5 a contract’s topic: what is not as declared is told to the subscriber, and order is kept', async () => {
    const contract = defineService('service', { counts: topic(numberSchema), any: topic() });
    const { provider, connect } = await host('service');
    provider.provideService(contract, {});
    const caller = await connect('caller');
    const heard: number[] = [];
    const subscription = caller.subscribeTopic(contract, 'counts', (value) => heard.push(value));
    await subscription.ready;
    for (const value of [1, 2, 'bad', 3, 'late', 4, 5]) await provider.publishTopic('counts', value);
    await expect.poll(() => heard, PATIENT).toEqual([1, 2, 3, 4, 5]);
    expect(codesOf(caller.errors)).toEqual(['OUTPUT_INVALID', 'OUTPUT_INVALID']);
    expect(thrownBy(() => caller.subscribeTopic(contract, 'unknown' as 'any'))).toBe('TOPIC_NOT_FOUND');
    const any = caller.subscribeTopic(contract, 'any');
    await any.ready;
    await provider.publishTopic(contract, 'any', { n: 1 });
    expect(await any[Symbol.asyncIterator]().next()).toEqual({ done: false, value: { n: 1 } });
    caller.unsubscribeTopic(contract, 'any');
    expect(await any.ended).toBeUndefined();
  });

  it('SV-5 what came before the end is heard before it, also where validating takes time; unsubscribing hears no more', async () => {
    const contract = defineService('service', { counts: topic(numberSchema) });
    const { provider, connect } = await host('service');
    provider.provideService(contract, {});
    const caller = await connect('caller');
    const told: unknown[] = [];
    const subscription = caller.subscribeTopic(contract, 'counts', (value) => told.push(value));
    subscription.on('ended', (reason) => told.push(reason?.code));
    const left: number[] = [];
    const other = caller.subscribeTopic(contract, 'counts', (value) => {
      left.push(value);
      other.unsubscribe();
    });
    await Promise.all([subscription.ready, other.ready]);
    for (const value of [1, 3, 5]) await provider.publishTopic('counts', value);
    provider.destroyTopic('counts');
    expect(await endOf(subscription)).toBe('TOPIC_DESTROYED');
    expect(told).toEqual([1, 3, 5, 'TOPIC_DESTROYED']);
    expect(await endOf(other)).toBeUndefined();
    expect(left).toEqual([1]);
  });
});

describe('a client that is no service', () => {
  it('CV-2 cannot have topics', async () => {
    const { connect } = await startRelay();
    const alice = await connect('alice');
    expect(thrownBy(() => alice.createTopic('news'))).toBe('NOT_A_SERVICE');
    expect(thrownBy(() => alice.destroyTopic('news'))).toBe('NOT_A_SERVICE');
    expect(thrownBy(() => alice.publishTopic('news', 1))).toBe('NOT_A_SERVICE');
    expect(thrownBy(() => alice.destroyAllServices())).toBe('NOT_A_SERVICE');
  });

  it('CV-1 a service subscribes to its own topics as anyone does', async () => {
    const { connect } = await startRelay();
    const alice = await connect('alice', {}, { isService: true });
    alice.createTopic('news', { retain: 1 });
    await alice.publishTopic('news', 1);
    const { subscription, heard } = listen(alice, 'alice', 'news');
    await subscription.ready;
    await alice.publishTopic('news', 2);
    expect(await subscribersOf(alice, 'alice', 'news')).toBe(1);
    expect(heard).toEqual([1, 2]);
    alice.destroyTopic('news');
    expect(await endOf(subscription)).toBe('TOPIC_DESTROYED');
  });
});

describe('the server', () => {
  it('CV-3 has its subscription before the callback is called, also to a service of its own', async () => {
    const { server } = await startRelay({ plugin: { isService: true } });
    const own = server.asService('own');
    own.createTopic('news', { retain: 2 });
    for (const value of [1, 2]) await own.publishTopic('news', value);
    const heard: unknown[] = [];
    const failures: unknown[] = [];
    server.on('SERVER_ERROR', (error) => failures.push(error));
    const all = server.subscribeTopic('own', 'news', (value) => heard.push(value));
    void own.publishTopic('news', 3);
    const first = server.subscribeTopic('own', 'news', (value) => {
      heard.push(`first ${value}`);
      first.unsubscribe();
    });
    const controller = new AbortController();
    const aborted = server.with({ signal: controller.signal }).subscribeTopic('own', 'news', (value) => {
      heard.push(`aborted ${value}`);
      controller.abort();
    });
    expect(await Promise.all([first.ended, aborted.ended])).toEqual([undefined, undefined]);
    await own.publishTopic('news', 4);
    expect([all.state, heard.sort(), failures]).toEqual(['active', [1, 2, 3, 4, 'aborted 2', 'first 2'], []]);
  });

  it('SV-5 what it publishes as it hears a publication comes after that, for everybody', async () => {
    const { server, connect } = await startRelay({ plugin: { isService: true } });
    const own = server.asService('own');
    own.createTopic('news', { slow: 'wait' });
    // Hears before the client does, and answers at once.
    own.subscribeTopic('own', 'news', (value) => value === 1 && own.publishTopic('news', 2));
    const alice = await connect('alice');
    const { subscription, heard } = listen(alice, 'own', 'news');
    await subscription.ready;
    await own.publishTopic('news', 1);
    await alice.describeService('own');
    expect(heard).toEqual([1, 2]);
  });

  it('CV-3 subscribes too, to services of clients and to its own', async () => {
    const { server, connect } = await startRelay({ plugin: { isService: true } });
    const alice = await connect('alice', {}, { isService: true });
    alice.createTopic('news', { retain: 1 });
    await alice.publishTopic('news', 'alice 0');
    server.asService('own').createTopic('news', { retain: 1 });
    await server.asService('own').publishTopic('news', 'own 0');
    const heard: unknown[] = [];
    const subscriptions = ['alice', 'own'].map((service) =>
      server.subscribeTopic(service, 'news', (value) => heard.push(value)),
    );
    await Promise.all(subscriptions.map(({ ready }) => ready));
    await server.asService('own').publishTopic('news', 'own 1');
    await alice.publishTopic('news', 'alice 1');
    await settled(alice);
    expect(heard.sort()).toEqual(['alice 0', 'alice 1', 'own 0', 'own 1']);
    server.unsubscribeTopic('own', 'news');
    alice.disconnect();
    expect(await Promise.all(subscriptions.map(endOf))).toEqual(['PEER_GONE', undefined]);
    const { topics } = await server.describeService('own');
    expect(topics).toMatchObject([{ name: 'news', subscribers: 0, publications: 2, retained: 1 }]);
  });
});
