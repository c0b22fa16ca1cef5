import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { next, plainSettled } from '../support/relay.js';
import { HOSTINGS } from '../support/service-hosts.js';
import { numbers, PATIENT, subscribersOf, topicRooms } from '../support/topics.js';

/** Everything that arrives at a plain client. */
function record(socket: Socket): unknown[][] {
  const heard: unknown[][] = [];
  socket.onAny((...args: unknown[]) => heard.push(args));
  return heard;
}

const wrong = [
  undefined,
  null,
  5,
  'text',
  [],
  {},
  { service: '', topic: '', api: '' },
  { service: 5, topic: 5, api: 5 },
];

describe.each(HOSTINGS)('clients without the plugin and a service %s', (_kind, host) => {
  async function scene() {
    const service = await host();
    const plain = await service.relay.connectPlain('plain');
    const watcher = await service.connect('watcher');
    const { name } = service;
    const ask = (verb: string, ...body: unknown[]) => plain.timeout(10_000).emitWithAck(verb, ...body);
    const subscribe = (topic = 'news') => ask('TOPIC_SUBSCRIBE', { service: name, topic });
    const unsubscribe = (topic = 'news') => ask('TOPIC_UNSUBSCRIBE', { service: name, topic });
    /** All that the service published before has arrived at the plain client. */
    const arrived = async () => {
      await watcher.describeService(name);
      await plainSettled(plain);
    };
    return { ...service, plain, watcher, ask, subscribe, unsubscribe, arrived, heard: record(plain) };
  }

  it('CV-3 SERVICE_CALL is answered by {args}, or by {error}', async () => {
    const { provider, name, ask } = await scene();
    provider.provideService('add', (a: number, b: number) => a + b);
    provider.provideService('bytes', (bytes: Buffer) => ({ bytes }));
    provider.provideService('nothing', () => {});
    const call = (api: string, ...args: unknown[]) => ask('SERVICE_CALL', { service: name, api, args });
    expect(await call('add', 2, 3)).toEqual({ args: [5] });
    expect(await call('bytes', Buffer.from('b'))).toEqual({ args: [{ bytes: Buffer.from('b') }] });
    expect(await ask('SERVICE_CALL', { service: name, api: 'nothing' })).toMatchObject({ args: expect.anything() });
    expect(await call('unknown')).toMatchObject({ error: { code: 'API_NOT_FOUND' } });
    expect(await ask('SERVICE_CALL', { service: 'nobody', api: 'x' })).toMatchObject({
      error: { code: 'CLIENT_NOT_FOUND' },
    });
  });

  it('CV-3 an API that yields is UNSUPPORTED, and its handler is stopped', async () => {
    const { provider, name, ask } = await scene();
    let isStopped: () => void = () => {};
    const stopped = new Promise<void>((resolve) => (isStopped = resolve));
    provider.provideService('count', async function* () {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        isStopped();
      }
    });
    expect(await ask('SERVICE_CALL', { service: name, api: 'count' })).toMatchObject({
      error: { code: 'UNSUPPORTED' },
    });
    await stopped;
  });

  it('CV-1 a plain client is no service: API_NOT_FOUND, TOPIC_NOT_FOUND', async () => {
    const { watcher, ask } = await scene();
    await expect(watcher.callService('plain', 'x')).rejects.toMatchObject({ code: 'API_NOT_FOUND' });
    await expect(watcher.subscribeTopic('plain', 'x').ready).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND' });
    expect(await ask('SERVICE_CALL', { service: 'plain', api: 'x' })).toMatchObject({
      error: { code: 'API_NOT_FOUND' },
    });
  });

  it('CV-3 SERVICE_LIST names the services', async () => {
    const { ask, name } = await scene();
    expect(await ask('SERVICE_LIST')).toEqual({ args: [[name]] });
    expect(await ask('SERVICE_LIST', { anything: 1 })).toEqual({ args: [[name]] });
  });

  it('CV-3 a topic is heard as TOPIC_PUBLICATION {service, topic, value}, first what it keeps, until TOPIC_UNSUBSCRIBE', async () => {
    const { relay, provider, name, heard, subscribe, unsubscribe, arrived, watcher } = await scene();
    provider.createTopic('news', { retain: 1 });
    await provider.publishTopic('news', 'kept');
    expect(await subscribe()).toEqual({ args: [] });
    const values = ['text', { bytes: Buffer.from('b') }, Buffer.from('c'), null, [1]];
    for (const value of values) await provider.publishTopic('news', value);
    await provider.publishTopic('news');
    await arrived();
    const bodies = ['kept', ...values].map((value) => ['TOPIC_PUBLICATION', { service: name, topic: 'news', value }]);
    expect(heard.slice(0, -1)).toEqual(bodies);
    expect(heard.at(-1)).toEqual(['TOPIC_PUBLICATION', { service: name, topic: 'news' }]);
    expect(Object.values(topicRooms(relay))).toEqual([1]);
    expect(await unsubscribe()).toEqual({ args: [] });
    await provider.publishTopic('news', 'late');
    await arrived();
    expect(heard).toHaveLength(values.length + 2);
    expect(await subscribersOf(watcher, name, 'news')).toBe(0);
    expect(topicRooms(relay)).toEqual({});
    // What is not subscribed to may be unsubscribed from.
    expect(await unsubscribe()).toEqual({ args: [] });
    expect(await subscribe()).toEqual({ args: [] });
    expect(await subscribersOf(watcher, name, 'news')).toBe(1);
  });

  it('CV-4 a refusal is in the ack, and a topic can be subscribed to once', async () => {
    const { provider, subscribe, ask } = await scene();
    provider.createTopic('closed', { accept: () => 'members only' });
    provider.createTopic('news');
    expect(await subscribe('closed')).toMatchObject({
      error: { code: 'SUBSCRIPTION_REFUSED', message: 'members only', details: { topic: 'closed' } },
    });
    expect(await subscribe('unknown')).toMatchObject({ error: { code: 'TOPIC_NOT_FOUND' } });
    expect(await ask('TOPIC_SUBSCRIBE', { service: 'nobody', topic: 'x' })).toMatchObject({
      error: { code: 'CLIENT_NOT_FOUND' },
    });
    const both = await Promise.all([subscribe(), subscribe()]);
    expect(both).toMatchObject([{ args: [] }, { error: { code: 'INVALID_ARGUMENT' } }]);
    // What was refused may be tried again.
    expect(await subscribe('closed')).toMatchObject({ error: { code: 'SUBSCRIPTION_REFUSED' } });
  });

  it('CV-4 unsubscribed while the service decides, the ack of TOPIC_SUBSCRIBE gets ABORTED', async () => {
    const { provider, name, heard, subscribe, unsubscribe, watcher, arrived } = await scene();
    let decide: (verdict: boolean) => void = () => {};
    provider.createTopic('news', { accept: () => new Promise((resolve) => (decide = resolve)) });
    const asked = subscribe();
    expect(await unsubscribe()).toEqual({ args: [] });
    expect(await asked).toMatchObject({ error: { code: 'ABORTED' } });
    await watcher.describeService(name);
    decide(true);
    expect(await subscribersOf(watcher, name, 'news')).toBe(0);
    await provider.publishTopic('news', 1);
    await arrived();
    expect(heard).toEqual([]);
  });

  it('SV-5 the end of a topic is told by TOPIC_CLOSED, once, and so is that of the service', async () => {
    const { provider, name, heard, subscribe, arrived, plain, leave } = await scene();
    provider.createTopic('news');
    provider.createTopic('other');
    await subscribe();
    await subscribe('other');
    provider.destroyTopic('news');
    await arrived();
    const closed = (topic: string, code: string) => [
      'TOPIC_CLOSED',
      { service: name, topic, error: expect.objectContaining({ code, message: expect.any(String) }) },
    ];
    expect(heard).toEqual([closed('news', 'TOPIC_DESTROYED')]);
    provider.createTopic('news');
    expect(await subscribe()).toEqual({ args: [] });
    leave();
    await expect.poll(() => heard, PATIENT).toHaveLength(3);
    await plainSettled(plain);
    expect(heard.slice(1)).toEqual([closed('other', 'PEER_GONE'), closed('news', 'PEER_GONE')]);
  });

  it('SV-4 it is told by TOPIC_MISSED how many it missed, and gets what follows', async () => {
    const { provider, relay, name, heard, subscribe, arrived, plain, watcher } = await scene();
    provider.createTopic('news');
    await subscribe();
    // As if its way were full: nothing of what is written is handed on.
    const conn = relay.server.getSocketByClientId('plain')?.conn as unknown as {
      transport: { writable: boolean };
      flush(): void;
    };
    conn.transport.writable = false;
    const large = 'x'.repeat(600_000);
    for (const count of numbers(1, 5)) await provider.publishTopic('news', `${count}${large}`);
    await watcher.describeService(name);
    conn.transport.writable = true;
    conn.flush();
    await expect.poll(() => heard.some(([event]) => event === 'TOPIC_MISSED'), PATIENT).toBe(true);
    await provider.publishTopic('news', 'after');
    await arrived();
    const publications = heard.filter(([event]) => event === 'TOPIC_PUBLICATION');
    expect(publications.map(([, body]) => (body as { value: string }).value[0])).toEqual(['1', '2', 'a']);
    expect(heard.filter(([event]) => event === 'TOPIC_MISSED')).toEqual([
      ['TOPIC_MISSED', { service: name, topic: 'news', count: 3 }],
    ]);
    expect(plain.connected).toBe(true);
  });

  it('R-1 a publication that no plain client may get is told, and harms nobody', async () => {
    const { provider, heard, subscribe, arrived, plain } = await scene();
    provider.createTopic('news');
    await subscribe();
    const told = next(plain, 'SERVER_ERROR');
    await provider.publishTopic('news', [{ _placeholder: true, num: 9 }, Buffer.from('x')]);
    await provider.publishTopic('news', 'fine');
    expect(await told).toMatchObject([{ code: 'PAYLOAD_INVALID' }]);
    await arrived();
    expect(heard.map(([event]) => event)).toEqual(['SERVER_ERROR', 'TOPIC_PUBLICATION']);
    expect(plain.connected).toBe(true);
  });

  it('CC-2 a plain client that leaves is no subscriber, and not one again when it is back', async () => {
    const { relay, provider, name, heard, subscribe, watcher, plain } = await scene();
    provider.createTopic('news');
    await subscribe();
    plain.disconnect();
    await expect.poll(() => relay.server.getSocketByClientId('plain'), PATIENT).toBeUndefined();
    expect(await subscribersOf(watcher, name, 'news')).toBe(0);
    const back = next(plain, 'connect');
    plain.connect();
    await back;
    await provider.publishTopic('news', 1);
    await watcher.describeService(name);
    await plainSettled(plain);
    expect(heard).toEqual([]);
  });

  it.each(['SERVICE_CALL', 'TOPIC_SUBSCRIBE', 'TOPIC_UNSUBSCRIBE'])(
    'R-2 %s with any other body is INVALID_ARGUMENT, in the ack or by SERVER_ERROR',
    async (verb) => {
      const { plain, ask, heard, name, subscribe, provider } = await scene();
      provider.createTopic('news');
      const bodies: unknown[] = [...wrong, { service: name }, { service: '__proto__', topic: 'x', api: 'x' }];
      const long = 'x'.repeat(257);
      bodies.push({ service: name, topic: long, api: long }, { topic: 'news', api: 'x' });
      if (verb === 'SERVICE_CALL')
        bodies.push({ service: name, api: 'x', args: 5 }, { service: name, api: 'x', args: {} });
      for (const body of bodies) {
        expect(await ask(verb, ...(body === undefined ? [] : [body]))).toMatchObject({
          error: { code: 'INVALID_ARGUMENT' },
        });
      }
      plain.emit(verb, 5);
      await expect.poll(() => heard, PATIENT).toHaveLength(1);
      expect(heard).toMatchObject([['SERVER_ERROR', { code: 'INVALID_ARGUMENT' }]]);
      expect(await subscribe()).toEqual({ args: [] });
    },
  );

  it('R-1 the events of services and topics are refused between clients, and to plugin clients', async () => {
    const { watcher, ask, heard, relay } = await scene();
    const events = [
      'TOPIC_PUBLICATION',
      'TOPIC_CLOSED',
      'TOPIC_MISSED',
      'TOPIC_SUBSCRIBE',
      'SERVICE_CALL',
      'SERVICE_LIST',
    ];
    const ben = await relay.connectPlain('ben');
    for (const event of events) {
      const emitted = await ben.emitWithAck('P2P_EMIT', { targetClientId: 'plain', event, args: [{}] });
      expect(emitted).toMatchObject({ error: { code: 'EVENT_RESERVED' } });
      watcher.io.engine.write(`2["P2P","[{}]",["message","plain","${event}",0]]`);
    }
    await watcher.isClientConnected('watcher');
    expect(watcher.errors.map(({ code }) => code)).toEqual(events.map(() => 'EVENT_RESERVED'));
    for (const verb of ['SERVICE_CALL', 'SERVICE_LIST', 'TOPIC_SUBSCRIBE', 'TOPIC_UNSUBSCRIBE']) {
      expect(await watcher.emitWithAck(verb, {})).toMatchObject({ error: { code: 'UNSUPPORTED' } });
    }
    expect(await ask('SERVICE_LIST')).toBeDefined();
    expect(heard).toEqual([]);
  });
});
