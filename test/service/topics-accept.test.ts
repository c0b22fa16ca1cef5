import { describe, expect, it } from 'vitest';
import type { IncomingSubscription } from '../../src/peer/hosted-topic.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { P2PError as ThrownError } from '../../src/protocol/p2p-error.js';
import { settled } from '../support/relay.js';
import { HOSTINGS } from '../support/service-hosts.js';
import { codesOf, listen, subscribersOf } from '../support/topics.js';

const forbidden = () => new ThrownError('EVENT_NOT_ALLOWED', 'not for you', { details: { who: 'caller' } });

// biome-ignore lint/suspicious/noThenProperty: that is what is tested
const thenable = { then: (resolve: (verdict: unknown) => void) => resolve(true) };

describe.each(HOSTINGS)('who subscribes to a topic of a service %s', (_kind, host) => {
  /** What one who subscribes is told, and who else is told of it. */
  async function outcomeOf(accept: (incoming: IncomingSubscription) => unknown) {
    const { provider, name, connect, failures } = await host();
    provider.createTopic('news', { accept: accept as () => boolean });
    const caller = await connect('caller');
    const { subscription, heard } = listen(caller, name, 'news');
    const error = await subscription.ready.then(
      () => undefined,
      (reason: P2PError) => reason,
    );
    const subscribers = await subscribersOf(caller, name, 'news');
    await provider.publishTopic('news', 1);
    await caller.describeService(name);
    expect(heard).toEqual(error ? [] : [1]);
    expect(subscribers).toBe(error ? 0 : 1);
    await settled(caller);
    expect(caller.errors).toEqual([]);
    return { code: error?.code, message: error?.message, details: error?.details, failures: codesOf(failures) };
  }

  it.each<[string, () => unknown]>([
    ['true', () => true],
    ['a promise of true', async () => true],
    ['a thenable of true', () => thenable],
  ])('CV-4 accepts by %s', async (_name, accept) => {
    expect(await outcomeOf(accept)).toMatchObject({ code: undefined, failures: [] });
  });

  it.each<[string, () => unknown, string]>([
    ['false', () => false, 'The subscription was refused'],
    ['a promise of false', async () => false, 'The subscription was refused'],
    ['a text, with it as the reason', () => 'members only', 'members only'],
    ['a promise of a text', async () => 'members only', 'members only'],
    ['no text', () => '', 'The subscription was refused'],
    ['nothing', () => undefined, 'The subscription was refused'],
    ['1', () => 1, 'The subscription was refused'],
    ['an object', () => ({ accept: true }), 'The subscription was refused'],
    ['a P2PError that is returned', () => forbidden(), 'The subscription was refused'],
  ])('CV-4 refuses by %s: SUBSCRIPTION_REFUSED', async (_name, accept, message) => {
    const outcome = await outcomeOf(accept);
    expect(outcome).toEqual({ code: 'SUBSCRIPTION_REFUSED', message, details: { topic: 'news' }, failures: [] });
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw forbidden();
      },
    ],
    ['rejects with', () => Promise.reject(forbidden())],
  ])('CV-4 a P2PError that it %s reaches the subscriber as it is', async (_name, accept) => {
    const outcome = await outcomeOf(accept);
    expect(outcome).toMatchObject({ code: 'EVENT_NOT_ALLOWED', message: 'not for you', details: { who: 'caller' } });
    expect(outcome.failures).toEqual([]);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('the password is x');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the password is x'))],
    ['rejects with nothing', () => Promise.reject()],
    [
      'gives a thenable that throws',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: that is what is tested
        then: () => {
          throw new Error('the password is x');
        },
      }),
    ],
  ])('CV-4 where it %s, the service is told, and the subscriber only that it failed', async (_name, accept) => {
    const outcome = await outcomeOf(accept);
    expect(outcome).toMatchObject({ code: 'HANDLER_FAILED', failures: ['HANDLER_FAILED'] });
    expect(JSON.stringify(outcome)).not.toContain('password');
  });

  it('CV-4 R-1 it is asked for each subscription, and told who subscribes as the server knows it', async () => {
    const { provider, name, connect } = await host();
    const asked: IncomingSubscription[] = [];
    provider.createTopic('news', { accept: (incoming) => asked.push(incoming) > 0 });
    const [alice, bob] = [await connect('alice'), await connect('bob')];
    for (const client of [alice, bob, alice]) await client.subscribeTopic(name, 'news').ready;
    expect(asked).toEqual(['alice', 'bob', 'alice'].map((from) => ({ from, topic: 'news' })));
  });

  it('CV-4 what is published while it decides is for those who are accepted already', async () => {
    const { provider, name, connect } = await host();
    let decide: (verdict: boolean) => void = () => {};
    const verdicts = [true, new Promise<boolean>((resolve) => (decide = resolve))];
    provider.createTopic('news', { accept: () => verdicts.shift() ?? false });
    const [alice, bob] = [await connect('alice'), await connect('bob')];
    const first = listen(alice, name, 'news');
    await first.subscription.ready;
    const second = listen(bob, name, 'news');
    const again = bob.describeService(name);
    await again;
    await provider.publishTopic('news', 1);
    decide(true);
    await second.subscription.ready;
    await provider.publishTopic('news', 2);
    for (const client of [alice, bob]) await client.describeService(name);
    expect([first.heard, second.heard]).toEqual([[1, 2], [2]]);
  });
});
