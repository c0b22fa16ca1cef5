import { describe, expect, it } from 'vitest';
import { codeOf } from '../support/relay.js';
import { HOSTINGS } from '../support/service-hosts.js';
import { endOf, listen, numbers, PATIENT, subscribersOf } from '../support/topics.js';

/** A decision that the test makes. */
function decision() {
  let decide: (verdict: boolean) => void = () => {};
  let asked: () => void = () => {};
  const wasAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const accept = () => {
    asked();
    return new Promise<boolean>((resolve) => {
      decide = resolve;
    });
  };
  return { accept, wasAsked, decide: (verdict: boolean) => decide(verdict) };
}

describe.each(HOSTINGS)('races around the topics of a service %s', (_kind, host) => {
  it('CV-3 a subscription that is given up at once and made again hears what is published', async () => {
    const { provider, name, connect } = await host();
    provider.createTopic('news');
    const caller = await connect('caller');
    for (let round = 0; round < 5; round++) {
      caller.subscribeTopic(name, 'news', () => {}).unsubscribe();
      const { subscription, heard } = listen(caller, name, 'news');
      await subscription.ready;
      expect(await subscribersOf(caller, name, 'news')).toBe(1);
      await provider.publishTopic('news', round);
      expect(await subscribersOf(caller, name, 'news')).toBe(1);
      expect(heard).toEqual([round]);
      subscription.unsubscribe();
      expect(await subscribersOf(caller, name, 'news')).toBe(0);
    }
    expect(caller.errors).toEqual([]);
  });

  it('CV-3 subscribed and unsubscribed in any order, without waiting, the last word counts', async () => {
    const { provider, name, connect } = await host();
    provider.createTopic('news');
    const caller = await connect('caller');
    // Each bit: subscribe, or unsubscribe one of those there are.
    for (let pattern = 0; pattern < 64; pattern++) {
      const open: ReturnType<typeof listen>[] = [];
      for (let bit = 0; bit < 6; bit++) {
        if (pattern & (1 << bit)) open.push(listen(caller, name, 'news'));
        else (pattern % 2 ? open.shift() : open.pop())?.subscription.unsubscribe();
      }
      await Promise.all(open.map(({ subscription }) => subscription.ready));
      // Unsubscribed as the answer came, it takes one more way to tell the service.
      await caller.describeService(name);
      const wanted = open.length > 0 ? 1 : 0;
      expect([pattern, await subscribersOf(caller, name, 'news')]).toEqual([pattern, wanted]);
      await provider.publishTopic('news', pattern);
      expect([pattern, await subscribersOf(caller, name, 'news')]).toEqual([pattern, wanted]);
      for (const { heard } of open) expect(heard).toEqual([pattern]);
      caller.unsubscribeTopic(name, 'news');
      expect([pattern, await subscribersOf(caller, name, 'news')]).toEqual([pattern, 0]);
    }
  });

  it('CV-4 unsubscribed while the service decides, it is no subscriber when it has decided', async () => {
    const { provider, name, connect } = await host();
    const { accept, wasAsked, decide } = decision();
    provider.createTopic('news', { accept });
    const caller = await connect('caller');
    const { subscription, heard, told } = listen(caller, name, 'news');
    await wasAsked;
    subscription.unsubscribe();
    expect(subscription.state).toBe('ended');
    expect(await codeOf(subscription.ready)).toBe('ABORTED');
    expect(await subscribersOf(caller, name, 'news')).toBe(0);
    decide(true);
    expect(await subscribersOf(caller, name, 'news')).toBe(0);
    await provider.publishTopic('news', 1);
    expect(await subscribersOf(caller, name, 'news')).toBe(0);
    expect([heard, told, caller.errors]).toEqual([[], ['ended undefined'], []]);
  });

  it('R-3 the deadline passes while the service decides', async () => {
    const { provider, name, connect } = await host();
    const { accept, wasAsked, decide } = decision();
    provider.createTopic('news', { accept });
    const caller = await connect('caller');
    const { subscription, told } = listen(caller.with({ timeout: 30 }), name, 'news');
    await wasAsked;
    expect(await codeOf(subscription.ready)).toBe('TIMEOUT');
    expect(told).toEqual(['ended TIMEOUT']);
    await caller.describeService(name);
    decide(true);
    expect(await subscribersOf(caller, name, 'news')).toBe(0);
  });

  it('SV-5 the topic is destroyed while the service decides', async () => {
    const { provider, name, connect } = await host();
    const { accept, wasAsked, decide } = decision();
    const destroy = provider.createTopic('news', { accept });
    const caller = await connect('caller');
    const { subscription } = listen(caller, name, 'news');
    await wasAsked;
    destroy();
    // A new one of the same name has decided nothing.
    provider.createTopic('news');
    decide(true);
    expect(await codeOf(subscription.ready)).toBe('TOPIC_NOT_FOUND');
    expect(await subscribersOf(caller, name, 'news')).toBe(0);
  });

  it('CV-4 the subscriber leaves while the service decides', async () => {
    const { relay, provider, name, connect } = await host();
    const { accept, wasAsked, decide } = decision();
    provider.createTopic('news', { accept });
    const [caller, other] = [await connect('caller'), await connect('other')];
    const { subscription } = listen(caller, name, 'news');
    await wasAsked;
    caller.disconnect();
    expect(await endOf(subscription)).toBe('LINK_DOWN');
    await expect.poll(() => relay.server.getSocketByClientId('caller'), PATIENT).toBeUndefined();
    await other.describeService(name);
    decide(true);
    expect(await subscribersOf(other, name, 'news')).toBe(0);
    await provider.publishTopic('news', 1);
    expect(await subscribersOf(other, name, 'news')).toBe(0);
  });

  it('SV-5 the service leaves while it decides', async () => {
    const { provider, name, connect, leave } = await host();
    const { accept, wasAsked, decide } = decision();
    provider.createTopic('news', { accept });
    const caller = await connect('caller');
    const { subscription } = listen(caller, name, 'news');
    await wasAsked;
    leave();
    expect(await endOf(subscription)).toBe('PEER_GONE');
    decide(true);
    expect(await codeOf(caller.describeService(name))).toBe('CLIENT_NOT_FOUND');
  });

  it('CV-4 of two that ask at the same time each gets its own answer', async () => {
    const { provider, name, connect } = await host();
    const decisions: ((verdict: boolean) => void)[] = [];
    provider.createTopic('news', { retain: 1, accept: () => new Promise((resolve) => decisions.push(resolve)) });
    const caller = await connect('caller');
    const [first, second] = [listen(caller, name, 'news'), listen(caller, name, 'news')];
    await caller.describeService(name);
    // The later one first.
    decisions[1]?.(true);
    await second.subscription.ready;
    decisions[0]?.(false);
    expect(await endOf(first.subscription)).toBe('SUBSCRIPTION_REFUSED');
    await provider.publishTopic('news', 1);
    expect(await subscribersOf(caller, name, 'news')).toBe(1);
    expect([first.heard, second.heard]).toEqual([[], [1]]);
    second.subscription.unsubscribe();
    expect(await subscribersOf(caller, name, 'news')).toBe(0);
  });

  it('SV-5 destroyed and made again while clients subscribe, every subscription has one end, and the last topic its subscribers', async () => {
    const { provider, name, connect } = await host();
    const caller = await connect('caller');
    const made: ReturnType<typeof listen>[] = [];
    for (const round of numbers(1, 20)) {
      const destroy = provider.createTopic('news');
      made.push(listen(caller, name, 'news'));
      if (round % 3 === 0) await caller.describeService(name);
      made.push(listen(caller, name, 'news'));
      if (round < 20) destroy();
    }
    await caller.describeService(name);
    const active = made.filter(({ subscription }) => subscription.state === 'active');
    const codes = new Set(made.filter((one) => !active.includes(one)).flatMap(({ told }) => told));
    expect([...codes].sort().join()).toMatch(/^(ended TOPIC_DESTROYED)?,?(ended TOPIC_NOT_FOUND)?$/);
    expect(await subscribersOf(caller, name, 'news')).toBe(1);
    await provider.publishTopic('news', 'last');
    await caller.describeService(name);
    expect(active.length).toBeGreaterThan(0);
    for (const { heard } of active) expect(heard).toEqual(['last']);
  });
});
