import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { readEnvelope } from '../../src/protocol/envelope.js';
import { PACKET_FIELDS, type Packet, type PacketType } from '../../src/protocol/packet.js';
import { codeOf, ENVELOPES, next, settled, startRelay, type TestRelay } from '../support/relay.js';
import { codesOf, endOf, listen, subscribersOf } from '../support/topics.js';

/** A packet as a hostile client writes it: whatever it likes. */
function sendPacket(socket: Socket, data: unknown, header: readonly unknown[]): void {
  socket.io.engine.write(`2${JSON.stringify(['P2P', data, header])}`);
}

function ofType<T extends PacketType>(packets: Packet[], type: T): Extract<Packet, { type: T }>[] {
  return packets.filter((packet) => packet.type === type) as Extract<Packet, { type: T }>[];
}

/** A plugin client without the plugin: nothing is sent for it. */
async function connectMallory({ rawSocket }: TestRelay) {
  const socket = rawSocket({ auth: { clientId: 'mallory', p2p: { version: 1, secret: 's' } } });
  const packets: Packet[] = [];
  socket.on('P2P', (data: unknown, header: unknown) => packets.push(readEnvelope(data, header)));
  await next(socket, 'P2P');
  sendPacket(socket, null, ['offer']);
  let asked = 1_000_000;
  /** Whatever was sent before has been handled, and what it led to has arrived. */
  const settle = async () => {
    const id = ++asked;
    sendPacket(socket, null, ['connected', id, 'mallory']);
    while (!packets.some((packet) => packet.type === 'reply' && packet.id === id)) await next(socket, 'P2P');
  };
  return { send: sendPacket.bind(undefined, socket), socket, packets, settle };
}

/** Alice subscribes to an honest service, and must not notice that mallory is there. */
async function scene() {
  const relay = await startRelay();
  const service = await relay.connect('service', {}, { isService: true });
  service.createTopic('news', { retain: 1 });
  const alice = await relay.connect('alice', {}, ENVELOPES);
  const one = listen(alice, 'service', 'news');
  await one.subscription.ready;
  const mallory = await connectMallory(relay);
  let round = 0;
  const honest = async (subscribers = 1) => {
    await mallory.settle();
    await settled(service, alice);
    await mallory.settle();
    one.heard.length = 0;
    await service.publishTopic('news', ++round);
    expect(await subscribersOf(alice, 'service', 'news')).toBe(subscribers);
    expect([one.heard, one.told, one.subscription.state]).toEqual([[round], [], 'active']);
    expect([alice.connected, service.connected, mallory.socket.connected]).toEqual([true, true, true]);
    expect(relay.logged).toEqual([]);
  };
  /** Alice asks mallory, who has not answered yet. */
  const asksMallory = async (topic = 'trap') => {
    const asking = listen(alice, 'mallory', topic);
    await settled(alice);
    await mallory.settle();
    const request = ofType(mallory.packets, 'subscribe').at(-1);
    if (!request) throw new Error('nobody asked');
    return { asking, ...request };
  };
  return { relay, service, alice, one, ...mallory, honest, asksMallory };
}

const error = JSON.stringify([{ code: 'TOPIC_DESTROYED', message: 'x', details: {} }]);

describe('hostile packets around topics', () => {
  it('CV-3 written by hand, the protocol works as documented', async () => {
    const { service, send, packets, settle, honest } = await scene();
    await service.publishTopic('news', 'kept');
    await settled(service);
    send(null, ['subscribe', 'service', 0, 7, 10_000, 'news']);
    await settle();
    await settled(service);
    await settle();
    expect(ofType(packets, 'subscribed')).toMatchObject([{ peer: 'service', id: 7, topic: 'news' }]);
    expect(ofType(packets, 'retained').map(({ id, payload }) => [id, payload.args])).toEqual([[7, ['kept']]]);
    await honest(2);
    expect(ofType(packets, 'publication').map(({ peer, topic, payload }) => [peer, topic, payload.args])).toEqual([
      ['service', 'news', [1]],
    ]);
    send(null, ['unsubscribe', 'service', 'news']);
    await honest(1);
    expect(ofType(packets, 'publication')).toHaveLength(1);
  });

  it('CV-2 written by hand, a service that is no client of the plugin has topics', async () => {
    const { send, packets, settle, alice, asksMallory } = await scene();
    const { asking, epoch, id } = await asksMallory();
    send(null, ['subscribed', 'alice', epoch, id, 'trap']);
    send('["kept"]', ['retained', 'alice', epoch, id, 'trap', 0]);
    send('["published"]', ['publish', 'trap', 0]);
    send('["waited for"]', ['publish-wait', 50, 1_000, 'trap', 0]);
    await settle();
    await settled(alice);
    expect(asking.heard).toEqual(['kept', 'published', 'waited for']);
    expect(ofType(packets, 'reply').some((packet) => packet.id === 50 && packet.peer === '')).toBe(true);
    asking.subscription.unsubscribe();
    await settled(alice);
    await settle();
    expect(ofType(packets, 'unsubscribed')).toEqual([
      { type: 'unsubscribed', peer: 'alice', epoch, id, topic: 'trap' },
    ]);
  });

  it('SV-4 R-1 what is published on topics that are others’, or nobody’s, reaches nobody', async () => {
    const { send, packets, honest } = await scene();
    const names = ['news', 'p2p:topic:7:service:news', '7:service:news', 'service:news', '__proto__', 'constructor'];
    for (const topic of names) {
      send('["forged"]', ['publish', topic, 0]);
      send('["forged"]', ['publish-wait', 60, 1_000, topic, 0]);
      send(error, ['close-topic', topic, 0]);
    }
    await honest();
    expect(ofType(packets, 'reply').filter(({ id }) => id === 60)).toHaveLength(names.length);
    expect(ofType(packets, 'error')).toEqual([]);
  });

  it('R-1 only the router sends publication, missed, topic-closed and unsubscribed', async () => {
    const { send, packets, honest } = await scene();
    for (const peer of ['alice', 'service', 'mallory']) {
      send('["forged"]', ['publication', peer, 'news', 0]);
      send(null, ['missed', peer, 'news', 5]);
      send(error, ['topic-closed', peer, 'news', 0]);
      for (const id of [1, 2, 3]) send(null, ['unsubscribed', peer, id, id, 'news']);
    }
    await honest();
    expect(codesOf(ofType(packets, 'error').map(({ payload }) => payload.error))).toEqual(
      Array(18).fill('PACKET_INVALID'),
    );
  });

  it('R-1 one who was not asked cannot make anyone a subscriber', async () => {
    const { send, packets, settle, alice, honest } = await scene();
    const atAlice: unknown[] = [];
    alice.on('P2P' as never, ((_data: unknown, [type]: unknown[]) => atAlice.push(type)) as never);
    const invented: unknown[] = [];
    for (let epoch = 0; epoch < 8; epoch++) {
      for (let id = 0; id < 8; id++) {
        send(null, ['subscribed', 'alice', epoch, id, 'news']);
        send('["forged"]', ['retained', 'alice', epoch, id, 'news', 0]);
        invented.push({ type: 'unsubscribed', peer: 'alice', epoch, id, topic: 'news' });
      }
    }
    send('["forged"]', ['publish', 'news', 0]);
    await settle();
    // It is told that it has no such subscriber.
    expect(ofType(packets, 'unsubscribed')).toEqual(invented);
    await honest();
    expect(atAlice.filter((type) => type === 'subscribed' || type === 'retained' || type === 'reject')).toEqual([]);
    send(null, ['subscribed', 'nobody', 1, 1, 'news']);
    send(null, ['subscribed', '', 0, 1, 'news']);
    await honest();
  });

  it('R-1 an answer for another topic is none, and one that comes twice is one', async () => {
    const { send, packets, settle, alice, asksMallory, honest } = await scene();
    const first = await asksMallory();
    send(null, ['subscribed', 'alice', first.epoch, first.id, 'news']);
    expect(await codeOf(first.asking.subscription.ready)).toBe('PACKET_INVALID');
    await settle();
    expect(ofType(packets, 'unsubscribed')).toMatchObject([{ topic: 'news', id: first.id }]);
    send('["forged"]', ['publish', 'news', 0]);
    send('["forged"]', ['publish', 'trap', 0]);
    await honest();
    const second = await asksMallory();
    for (let times = 0; times < 3; times++) send(null, ['subscribed', 'alice', second.epoch, second.id, 'trap']);
    send('["once"]', ['publish', 'trap', 0]);
    await settle();
    await settled(alice);
    expect(second.asking.heard).toEqual(['once']);
    expect(ofType(packets, 'unsubscribed')).toHaveLength(1);
    send('["forged"]', ['reject', 'alice', second.epoch, second.id, 0]);
    send(error, ['close-topic', 'trap', 0]);
    send(error, ['close-topic', 'trap', 0]);
    expect(await endOf(second.asking.subscription)).toBe('TOPIC_DESTROYED');
    send('["late"]', ['publish', 'trap', 0]);
    send('["late"]', ['retained', 'alice', second.epoch, second.id, 'trap', 0]);
    await honest();
    expect([first.asking.heard, second.asking.heard]).toEqual([[], ['once']]);
  });

  it.each<[string, (epoch: number, id: number) => readonly [unknown, readonly unknown[]]]>([
    ['a reply', (epoch, id) => ['[]', ['reply', 'alice', epoch, id, 0]]],
    ['opened', (epoch, id) => [null, ['opened', 'alice', epoch, id, 5, 1_000]]],
    ['called', (epoch, id) => [null, ['called', 'alice', epoch, id, 5, 'value', 1_000]]],
  ])('R-1 %s is no answer to a subscription', async (_name, answer) => {
    const { send, asksMallory, honest } = await scene();
    const { asking, epoch, id } = await asksMallory();
    send(...answer(epoch, id));
    expect(await codeOf(asking.subscription.ready)).toBe('PACKET_INVALID');
    send('["forged"]', ['publish', 'trap', 0]);
    await honest();
    expect(asking.heard).toEqual([]);
  });

  it('R-1 subscribed is no answer to a request, a call or a stream', async () => {
    const { send, packets, settle, alice, honest } = await scene();
    const asked = [
      alice.emitToWithAck('mallory', 'x'),
      alice.callService('mallory', 'x'),
      alice.addP2pStream('mallory'),
      alice.addP2pTarget('mallory'),
    ].map(codeOf);
    await settled(alice);
    await settle();
    for (const type of ['request', 'call', 'open', 'pair'] as const) {
      for (const { epoch, id } of ofType(packets, type)) send(null, ['subscribed', 'alice', epoch, id, 'x']);
    }
    expect(await Promise.all(asked)).toEqual(Array(4).fill('PACKET_INVALID'));
    send('["forged"]', ['publish', 'x', 0]);
    await honest();
  });

  it('R-1 a late answer makes nobody a subscriber who has given up', async () => {
    const { send, packets, settle, alice, asksMallory, honest } = await scene();
    const { asking, epoch, id } = await asksMallory();
    asking.subscription.unsubscribe();
    await settled(alice);
    await settle();
    expect(ofType(packets, 'cancel')).toMatchObject([{ peer: 'alice', epoch, id }]);
    send(null, ['subscribed', 'alice', epoch, id, 'trap']);
    send('["forged"]', ['publish', 'trap', 0]);
    await honest();
    expect(ofType(packets, 'unsubscribed')).toMatchObject([{ epoch, id, topic: 'trap' }]);
    expect([asking.heard, asking.told]).toEqual([[], ['ended undefined']]);
  });

  it('R-1 what is kept goes to those who subscribe to this service, under the number they asked by', async () => {
    const { send, alice, asksMallory, honest } = await scene();
    const { asking, epoch, id } = await asksMallory();
    send('["before"]', ['retained', 'alice', epoch, id, 'trap', 0]);
    send(null, ['subscribed', 'alice', epoch, id, 'trap']);
    // The honest service's number, say.
    for (let other = 0; other < id + 3; other++)
      if (other !== id) send('["forged"]', ['retained', 'alice', epoch, other, 'trap', 0]);
    send('["after"]', ['retained', 'alice', epoch, id, 'trap', 0]);
    await honest();
    await settled(alice);
    expect(asking.heard).toEqual(['after']);
  });

  it('R-1 unsubscribing from what one is not subscribed to changes nothing for those who are', async () => {
    const { send, packets, honest } = await scene();
    for (const peer of ['service', 'alice', 'mallory', 'nobody', '']) send(null, ['unsubscribe', peer, 'news']);
    send(null, ['cancel', 'service', 0, 1]);
    await honest();
    expect(ofType(packets, 'error')).toEqual([]);
  });

  it('R-1 a subscription with a number that is open already, or for a session that is over, is refused', async () => {
    const { service, send, packets, settle, honest } = await scene();
    service.createTopic('slow', { accept: () => new Promise(() => {}) });
    await settled(service);
    send(null, ['subscribe', 'service', 0, 7, 10_000, 'slow']);
    send(null, ['subscribe', 'service', 0, 7, 10_000, 'news']);
    send(null, ['subscribe', 'service', 999, 8, 10_000, 'news']);
    await settle();
    const rejected = ofType(packets, 'reject').map(({ id, payload }) => [id, payload.error.code]);
    expect(rejected).toEqual([
      [7, 'PACKET_INVALID'],
      [8, 'PEER_GONE'],
    ]);
    await honest();
  });

  it('R-1 a publication that cannot be read is told to its subscriber, who hears the next', async () => {
    const { send, alice, asksMallory, honest } = await scene();
    const { asking, epoch, id } = await asksMallory();
    send(null, ['subscribed', 'alice', epoch, id, 'trap']);
    const deep = '['.repeat(4_100) + ']'.repeat(4_100);
    for (const data of ['[not json', `[${deep}]`, '{}', 'null', '']) send(data, ['publish', 'trap', 0]);
    send('[not json', ['retained', 'alice', epoch, id, 'trap', 0]);
    send('["fine"]', ['publish', 'trap', 0]);
    await honest();
    expect(asking.heard).toEqual(['fine']);
    expect(codesOf(alice.errors)).toEqual(Array(6).fill('PAYLOAD_INVALID'));
    send('[not json', ['close-topic', 'trap', 0]);
    expect(await endOf(asking.subscription)).toBe('PAYLOAD_INVALID');
    await honest();
  });

  const good: Record<string, string> = {
    peer: '"alice"',
    epoch: '0',
    id: '77',
    timeout: '1000',
    api: '"x"',
    topic: '"news"',
    input: '"value"',
    output: '"value"',
    count: '1',
    payload: '0',
    stream: '5',
    credit: '1000',
  };
  const values = ['null', 'true', '0', '-1', '1.5', '1e300', '""', '"x"', '[]', '{}', '"__proto__"', '"items"'];
  const types = [
    'call',
    'called',
    'subscribe',
    'subscribed',
    'retained',
    'offer',
    'services',
    'unsubscribe',
    'publish',
    'publish-wait',
    'close-topic',
    'publication',
    'missed',
    'topic-closed',
    'unsubscribed',
  ] as const;

  it.each(types)('R-1 each field of the packet "%s" with every type of JSON', async (type) => {
    const { socket, alice, honest } = await scene();
    const heard: unknown[] = [];
    alice.onMessage((message) => heard.push(message));
    const fields: readonly string[] = PACKET_FIELDS[type];
    const raw = (text: string) => socket.io.engine.write(`2["P2P",${text}]`);
    for (const target of ['"alice"', '"service"', '"mallory"', '"nobody"']) {
      for (const field of fields) {
        for (const value of values) {
          const of = (name: string) => (name === field ? value : name === 'peer' ? target : good[name]);
          const header = [`"${type}"`, ...fields.map(of)];
          raw(`${fields.includes('payload') ? '"[]"' : 'null'},[${header}]`);
          raw(`${value},[${header}]`);
        }
      }
    }
    for (const value of values) {
      raw(`"[]",["${type}",${value}]`);
      raw(`"[]",["${type}",${[...fields, 'one more'].map(() => value)}]`);
      raw(`"[]",{"0":"${type}"}`);
    }
    raw(`"[]",["${type}"]`);
    // Among them is one subscription that is as it should be.
    await honest(type === 'subscribe' ? 2 : 1);
    expect([heard, codesOf(alice.errors)]).toEqual([[], []]);
    expect(await alice.getClientList()).toEqual(['service', 'alice', 'mallory']);
  });
});
