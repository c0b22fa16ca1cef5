import { describe, expect, it, onTestFinished } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import type { TopicOptions } from '../../src/peer/hosted-topic.js';
import { codeOf, connected, rawSocketTo, startRelay, type TestClient, type TestRelay } from '../support/relay.js';
import { HOSTINGS, type ServiceHosting, type TestService } from '../support/service-hosts.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { endOf, type Listening, listen, numbers, subscribersOf } from '../support/topics.js';

/** Each publication, in characters. */
const SIZE = 65_536;

/** More of them than the kernel and the proxy take in for a reader that has stalled. */
const MANY = 400;

const publicationOf = (count: number) => `${count} `.padEnd(SIZE, '.');
const countOf = (value: unknown) => Number.parseInt(value as string, 10);

interface Stalled {
  readonly client: TestClient;
  readonly proxy: TcpProxy;
}

/** A client behind a proxy, which can stop reading. */
async function connectStallable({ relay }: TestService, clientId: string): Promise<Stalled> {
  const proxy = await startTcpProxy(relay.port);
  onTestFinished(() => proxy.close());
  const client = await connected(p2pClientPlugin(rawSocketTo(`http://localhost:${proxy.port}`), clientId));
  return { client, proxy };
}

/** The client subscribes; what it hears is kept by its number. */
async function subscribed(client: TestClient, service: string, topic = 'news'): Promise<Listening> {
  const counts: unknown[] = [];
  const listening = listen(client, service, topic);
  await listening.subscription.ready;
  const stop = client.subscribeTopic(service, topic, (value) => counts.push(countOf(value)));
  listening.subscription.unsubscribe();
  await stop.ready;
  return { subscription: stop, heard: counts, told: [] };
}

async function sceneOn(host: ServiceHosting, options: TopicOptions, readers: number) {
  const service = await host();
  service.provider.createTopic('news', options);
  const clients = await Promise.all(numbers(1, readers).map((n) => service.connect(`reader-${n}`)));
  const stalled = await connectStallable(service, 'stalled');
  const listening = await Promise.all(clients.map((client) => subscribed(client, service.name)));
  const laggard = await subscribed(stalled.client, service.name);
  stalled.proxy.stall('down');
  /** All that was published has arrived at those who read. */
  const arrived = () => Promise.all(clients.map((client) => client.describeService(service.name)));
  return { ...service, clients, stalled, listening, laggard, arrived };
}

/** What waits for a client in the server, in bytes. */
function queuedFor({ server }: TestRelay, clientId: string): number {
  const conn = server.getSocketByClientId(clientId)?.conn as unknown as {
    readonly writeBuffer: readonly { readonly data?: string }[];
    readonly transport: { readonly socket: { readonly bufferedAmount: number } };
  };
  const waiting = conn.writeBuffer.reduce((sum, { data = '' }) => sum + data.length, 0);
  return waiting + conn.transport.socket.bufferedAmount;
}

/** One of so many stalls. */
async function dropForOneOf(host: ServiceHosting, readers: number): Promise<void> {
  const scene = await sceneOn(host, {}, readers);
  const { relay, provider, arrived, listening, laggard, stalled, clients, name } = scene;
  stalled.proxy.resume();
  // What only the slow one subscribes to fills its way.
  provider.createTopic('filler', { slow: 'wait' });
  const filler = stalled.client.subscribeTopic(name, 'filler', () => {});
  await filler.ready;
  for (const count of numbers(1, 10)) await provider.publishTopic('news', `${count}`);
  await stalled.client.describeService(name);
  stalled.proxy.stall('down');
  let refused = 0;
  while (refused < 20) {
    void codeOf(provider.publishTopic('filler', publicationOf(0))).then((code) => code === 'QUEUE_FULL' && refused++);
    await clients[0]?.describeService(name);
  }
  for (const count of numbers(11, 60)) await provider.publishTopic('news', `${count}`);
  await arrived();
  for (const { heard, subscription } of listening) {
    expect(heard).toEqual(numbers(1, 60));
    expect(subscription.missed).toBe(0);
  }
  const queued = queuedFor(relay, 'stalled');
  expect([queued > 1_048_576, queued < 1_048_576 + 2 * SIZE]).toEqual([true, true]);
  stalled.proxy.resume();
  // It is told without anything more being published.
  await expect.poll(() => laggard.heard.length + laggard.subscription.missed, { timeout: 20_000 }).toBe(60);
  const { missed } = laggard.subscription;
  expect(missed).toBeGreaterThan(0);
  expect(laggard.heard.slice(0, 10)).toEqual(numbers(1, 10));
  for (const count of numbers(61, 70)) await provider.publishTopic('news', `${count}`);
  await stalled.client.describeService(name);
  expect(laggard.heard.slice(-10)).toEqual(numbers(61, 70));
  expect(laggard.heard).toEqual([...new Set(laggard.heard as number[])].sort((a, b) => a - b));
  expect([laggard.subscription.missed, filler.missed]).toEqual([missed, 0]);
}

describe.each(HOSTINGS)('slow subscribers of a service %s', (_kind, host) => {
  const scene = (options: TopicOptions, readers: number) => sceneOn(host, options, readers);

  it('threats SV-4 drop: of 100 one stalls; the others get all in order, it is told how many it missed, memory is bounded', () =>
    dropForOneOf(host, 99));

  it('SV-4 drop: a subscription that begins while the client is slow has missed only what came after', async () => {
    const { relay, provider, name, connect } = await host();
    let isAccepted: () => void = () => {};
    const accepted = new Promise<void>((resolve) => (isAccepted = resolve));
    const verdicts = [() => {}, () => isAccepted()];
    provider.createTopic('news', { accept: () => verdicts.shift()?.() === undefined });
    const [caller, other] = [await connect('caller'), await connect('other')];
    const first = listen(caller, name, 'news');
    await first.subscription.ready;
    const conn = relay.server.getSocketByClientId('caller')?.conn as unknown as {
      readonly transport: { writable: boolean };
      flush(): void;
    };
    // As if its way were full: nothing of what is written is handed on.
    conn.transport.writable = false;
    const large = 'x'.repeat(600_000);
    for (const count of numbers(1, 5)) await provider.publishTopic('news', `${count} ${large}`);
    await other.describeService(name);
    const second = listen(caller, name, 'news');
    // Nothing reaches the caller; what it has sent is at the service when the service is called next.
    await accepted;
    await other.describeService(name);
    await provider.publishTopic('news', `6 ${large}`);
    await other.describeService(name);
    conn.transport.writable = true;
    conn.flush();
    await second.subscription.ready;
    await expect.poll(() => first.subscription.missed, { timeout: 20_000 }).toBe(4);
    await caller.describeService(name);
    expect([first.heard, second.heard].map((heard) => heard.map(countOf))).toEqual([[1, 2], []]);
    expect(second.subscription.missed).toBe(1);
  });

  it('SV-4 wait: a publication is held until the slow one reads, the others get all at once, and nobody misses any', async () => {
    const { provider, arrived, listening, laggard, stalled } = await scene({ slow: 'wait' }, 3);
    let published = 0;
    const publishAll = async () => {
      for (const count of numbers(1, MANY)) {
        await provider.publishTopic('news', publicationOf(count));
        published++;
      }
    };
    const all = publishAll();
    const heldAt = async () => {
      const before = published;
      await arrived();
      await arrived();
      return published === before && published > 0;
    };
    await expect.poll(heldAt, { timeout: 20_000 }).toBe(true);
    expect(published).toBeLessThan(MANY);
    // The one that waits is there already for those who read.
    for (const { heard } of listening) expect(heard).toEqual(numbers(1, published + 1));
    expect(laggard.heard.length).toBeLessThanOrEqual(published);
    stalled.proxy.resume();
    await all;
    await arrived();
    await stalled.client.isClientConnected('stalled');
    for (const { heard, subscription } of [...listening, laggard]) {
      expect(heard).toEqual(numbers(1, MANY));
      expect(subscription.missed).toBe(0);
    }
  });

  /** Publishes until one is held, by a deadline. @returns how many, the last of which is held */
  async function publishUntilHeld({
    provider,
    arrived,
  }: Pick<Awaited<ReturnType<typeof scene>>, 'provider' | 'arrived'>): Promise<{
    readonly count: number;
    readonly held: Promise<string>;
  }> {
    for (let count = 1; ; count++) {
      let isDone = false;
      const held = codeOf(provider.publishTopic('news', publicationOf(count)));
      void held.then(() => (isDone = true));
      // The answer to it would have come before these.
      await arrived();
      if ('isClientConnected' in provider) await (provider as unknown as TestClient).isClientConnected('x');
      if (!isDone) return { count, held };
    }
  }

  it('SV-4 wait: who publishes without waiting gets QUEUE_FULL, and what waits is bounded in number too', async () => {
    const { provider, arrived, listening, laggard, stalled } = await scene({ slow: 'wait' }, 1);
    const { count } = await publishUntilHeld({ provider, arrived });
    const codes = await (async () => {
      const all = numbers(count + 1, count + 3_000).map((n) => codeOf(provider.publishTopic('news', `${n}`)));
      await arrived();
      stalled.proxy.resume();
      return Promise.all(all);
    })();
    const accepted = codes.filter((code) => code === 'no error').length;
    expect(new Set(codes)).toEqual(new Set(['no error', 'QUEUE_FULL']));
    expect(accepted).toBeLessThan(1_100);
    await arrived();
    await stalled.client.isClientConnected('stalled');
    // Refused is refused for all: nobody gets it.
    expect(listening[0]?.heard).toHaveLength(count + accepted);
    expect(laggard.heard).toEqual(listening[0]?.heard);
  });

  it('SV-4 wait: the slow one disconnecting releases the promise', async () => {
    const { provider, arrived, relay } = await scene({ slow: 'wait' }, 1);
    const { held } = await publishUntilHeld({ provider, arrived });
    relay.server.getSocketByClientId('stalled')?.disconnect(true);
    expect(await held).toBe('no error');
  });

  it('SV-4 wait: the slow one unsubscribing releases the promise; so does the end of the topic', async () => {
    for (const way of ['unsubscribe', 'destroy']) {
      const { provider, arrived, laggard, stalled } = await scene({ slow: 'wait' }, 1);
      const { held } = await publishUntilHeld({ provider, arrived });
      if (way === 'unsubscribe') laggard.subscription.unsubscribe();
      else provider.destroyTopic('news');
      expect(await held).toBe('no error');
      stalled.proxy.resume();
      if (way === 'destroy') expect(await endOf(laggard.subscription)).toBe('TOPIC_DESTROYED');
    }
  });

  it('SV-4 wait: a service that leaves or is aborted does not wait for ever', async () => {
    const { provider, arrived, laggard, stalled, leave } = await scene({ slow: 'wait' }, 1);
    const { held } = await publishUntilHeld({ provider, arrived });
    leave();
    expect(await held).toBe('LINK_DOWN');
    stalled.proxy.resume();
    expect(await endOf(laggard.subscription)).toBe('PEER_GONE');
  });
});

/** Services whose publications wait a short while only. */
const IMPATIENT: readonly (readonly [string, ServiceHosting])[] = [
  [
    'on a client',
    async (name = 'service') => {
      const relay = await startRelay();
      const provider = await relay.connect(name, {}, { isService: true, timeout: 1_000 });
      return { relay, name, provider, failures: provider.errors, connect: relay.connect, leave: () => {} };
    },
  ],
  [
    'on the server',
    async (name = 'service') => {
      const relay = await startRelay({ plugin: { isService: true, timeout: 1_000 } });
      const provider = relay.server.asService(name);
      return { relay, name, provider, failures: [], connect: relay.connect, leave: () => {} };
    },
  ],
];

describe.each(IMPATIENT)('a deadline for the slow subscribers of a service %s', (_kind, host) => {
  it('SV-4 wait: by the deadline the slow one is ended with SUBSCRIBER_TOO_SLOW, the promise resolves, the others have all', async () => {
    const { provider, arrived, listening, laggard, stalled, name, clients } = await sceneOn(host, { slow: 'wait' }, 2);
    // One of them is held to the deadline.
    for (const count of numbers(1, MANY)) await provider.publishTopic('news', publicationOf(count));
    expect(await subscribersOf(clients[0]!, name, 'news')).toBe(2);
    await arrived();
    for (const { heard } of listening) expect(heard).toEqual(numbers(1, MANY));
    stalled.proxy.resume();
    expect(await endOf(laggard.subscription)).toBe('SUBSCRIBER_TOO_SLOW');
    expect(laggard.heard.length).toBeLessThan(MANY);
    expect(laggard.heard).toEqual(numbers(1, laggard.heard.length));
    // And it may come again.
    const again = await subscribed(stalled.client, name);
    await provider.publishTopic('news', '5');
    expect(await subscribersOf(stalled.client, name, 'news')).toBe(3);
    expect(again.heard).toEqual([5]);
  });
});

describe('slow subscribers of a service', () => {
  it('threats SV-4 drop: of 1,000 one stalls, and the others do not notice', () => dropForOneOf(HOSTINGS[0]![1], 999));
});
