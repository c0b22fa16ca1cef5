import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { plainSettled, settled, type TestClient } from '../support/relay.js';
import { nextStream } from '../support/streams.js';
import { listen, PATIENT } from '../support/topics.js';
import { Attacker, envelope, eventText, PACKET_KINDS, type PacketWriter, type Written } from './support/attacker.js';
import { atSize, record } from './support/figures.js';
import { pick, randomNumbers } from './support/random.js';
import { startRelayProcess } from './support/relay-process.js';

const FORGED = '["forged"]';

/** Alice and bob have one of everything open between them. */
async function scene() {
  const relay = await startRelayProcess();
  const sent: unknown[][] = [];
  const overheard = (_data: unknown, header: unknown[]) => void sent.push(header);
  const alice = await relay.connectTapped('alice', overheard);
  const bob = await relay.connectTapped('bob', overheard, { isService: true });
  const acks: ((answer: unknown) => void)[] = [];
  bob.onMessage(({ event, ack }) => event === 'ask' && ack && acks.push(ack));
  const calls: ((answer: unknown) => void)[] = [];
  bob.provideService('api', () => new Promise((resolve) => calls.push(resolve)));
  bob.createTopic('news');
  const answers = [alice.emitToWithAck('bob', 'ask'), alice.callService('bob', 'api')];
  const news = listen(alice, 'bob', 'news');
  await news.subscription.ready;
  const accepted = nextStream(bob);
  const near = await alice.addP2pStream('bob');
  const { duplex: far } = await accepted;
  await expect.poll(() => acks.length + calls.length, PATIENT).toBe(2);
  const types = sent.map(([type]) => type);
  expect(types).toEqual(expect.arrayContaining(['request', 'call', 'open', 'opened', 'subscribe', 'subscribed']));
  /** Each of what was open is still there, and ends as it should. */
  const goesOn = async () => {
    for (const answer of [...acks, ...calls]) answer('true');
    expect(await Promise.all(answers)).toEqual(['true', 'true']);
    await bob.publishTopic('news', 'true');
    await expect.poll(() => news.heard, PATIENT).toEqual(['true']);
    expect(await echo(near, far)).toBe('true');
    expect(news.told).toEqual([]);
  };
  return { relay, alice, bob, sent, goesOn, numbers: numbersIn(sent) };
}

async function echo(near: Duplex, far: Duplex): Promise<string> {
  const arrived = once(far, 'data');
  near.write('true');
  return String((await arrived)[0]);
}

/** Epochs, ids and streams that are really open, as the packets of those concerned tell them. */
function numbersIn(sent: readonly unknown[][]): number[] {
  const found = sent.flatMap((header) => header.filter((field) => typeof field === 'number'));
  return [...new Set([...found, 0, 1, 2, 3, 4, 5])].filter((number) => number < 1_000);
}

interface Guess {
  readonly peer: string;
  readonly epoch: number;
  readonly id: number;
  readonly stream: number;
}

type Forgery = (guess: Guess, write: PacketWriter) => Written;

/** Only an envelope has room for more than it should have. */
const IN_ENVELOPES: readonly Forgery[] = [
  ({ peer }) => envelope(FORGED, ['message', peer, 'forged', 0, 'bob']),
  ({ peer, epoch }) => envelope(FORGED, ['message', peer, epoch, 'forged', 0]),
  ({ peer }) => eventText('P2P', FORGED, ['message', peer, 'forged', 0], 'bob'),
];

/** What belongs to the sessions of others; wherever a packet has a place for a sender, it is one of them. */
const FORGERIES: readonly Forgery[] = [
  ({ peer }, write) => write('[{"from":"bob","peer":"bob"}]', ['message', peer, 'forged', 0]),
  ({ peer, epoch, id }, write) => write(FORGED, ['reply', peer, epoch, id, 0]),
  ({ peer, epoch, id }, write) => write('[{"code":"INTERNAL"}]', ['reject', peer, epoch, id, 0]),
  ({ peer, epoch, id, stream }, write) => write(null, ['opened', peer, epoch, id, stream, 1_000]),
  ({ peer, epoch, id, stream }, write) => write(null, ['called', peer, epoch, id, stream, 'items', 1_000]),
  ({ peer, epoch, id }, write) => write(null, ['cancel', peer, epoch, id]),
  ({ peer, epoch, id }, write) => write(null, ['subscribed', peer, epoch, id, 'news']),
  ({ peer, epoch, id }, write) => write(FORGED, ['retained', peer, epoch, id, 'news', 0]),
  ({ peer }, write) => write(null, ['unsubscribe', peer, 'news']),
  (_guess, write) => write(FORGED, ['publish', 'news', 0]),
  (_guess, write) => write('[{"code":"TOPIC_DESTROYED"}]', ['close-topic', 'news', 0]),
  ({ stream, id }, write) => write(Buffer.from('forged'), ['data', stream, id, 1]),
  ({ stream, id }, write) => write(Buffer.alloc(1_024, 'forged'), ['part', stream, id, 1]),
  ({ stream, id }, write) => write(null, ['credit', stream, 1_000_000, id]),
  ({ stream }, write) => write(null, ['finish', stream]),
  ({ stream }, write) => write('[{"code":"ABORTED"}]', ['reset', stream, 0]),
  ({ peer, epoch, id }, write) => write(null, ['peer-gone', peer, epoch, id]),
  ({ peer, epoch }, write) => write(FORGED, ['publication', peer, epoch, 'news', 0]),
];

const REPLIES = FORGERIES.slice(1, 5);

function* guesses(count: number, numbers: readonly number[]): Generator<Guess> {
  const random = randomNumbers(1);
  for (let n = 0; n < count; n++) {
    const [epoch, id, stream] = [pick(random, numbers), pick(random, numbers), pick(random, numbers)];
    yield { peer: pick(random, ['alice', 'bob', 'carol', '']), epoch, id, stream };
  }
}

function* forgeries(kinds: readonly Forgery[], write: PacketWriter, all: Iterable<Guess>): Generator<Written> {
  let n = 0;
  for (const guess of all) yield kinds[n++ % kinds.length]!(guess, write);
}

/** What came to alice and bob that an attacker may not have caused; its own messages bear its name. */
function deliveredWrongly(sent: readonly unknown[][], attacker: Attacker): unknown[][] {
  return sent.filter(([type, peer]) => {
    const isOwn = attacker.clientIds.includes(String(peer));
    return !(type === 'message' && isOwn) && !(type === 'reply' && peer === '');
  });
}

async function attack(kind: (typeof PACKET_KINDS)[number], kinds: readonly Forgery[]) {
  const { relay, alice, bob, sent, goesOn, numbers } = await scene();
  const mallory = await Attacker.connect(relay.url, kind);
  sent.length = 0;
  const all = guesses(atSize(2_000, 10_000), numbers);
  const size = await mallory.flood(forgeries(kinds, mallory.packet, all));
  await settled(alice, bob);
  // What came before is known to have been overheard.
  expect(sent.some(([type, peer]) => type === 'reply' && peer === '')).toBe(true);
  const wrong = deliveredWrongly(sent, mallory);
  const measured = `${wrong.length} delivered, ${mallory.disconnects} times sent away`;
  return { relay, size, wrong, measured, goesOn, sent };
}

describe('R-1 forged identity', () => {
  it.each(PACKET_KINDS)(
    'R-1 packets of a %s client for sessions, requests and streams of others are delivered to nobody under their names',
    async (kind) => {
      const forged = kind === 'plugin' ? [...FORGERIES, ...IN_ENVELOPES] : FORGERIES;
      const { relay, size, wrong, measured, goesOn, sent } = await attack(kind, forged);
      const threat = `forged identity, ${kind}`;
      record({ threat, size: `${size} packets`, goal: 'none', measured, ok: wrong.length === 0 });
      expect(wrong).toEqual([]);
      expect(sent.filter(([type]) => type === 'message').length).toBeGreaterThan(0);
      await goesOn();
      await relay.stillServes();
    },
  );

  it.each(PACKET_KINDS)(
    'R-1 replies that a %s client invents to requests that are really open are delivered to nobody',
    async (kind) => {
      const { relay, size, wrong, measured, goesOn } = await attack(kind, REPLIES);
      const threat = `unsolicited replies, ${kind}`;
      record({ threat, size: `${size} replies`, goal: 'none', measured, ok: wrong.length === 0 });
      expect(wrong).toEqual([]);
      await goesOn();
      await relay.stillServes();
    },
  );

  it('R-1 a client without the plugin cannot write a sender either', async () => {
    const { relay, alice, bob, goesOn } = await scene();
    const mallory = await Attacker.connect(relay.url, 'plain');
    const senders: unknown[] = [];
    for (const client of [alice, bob] as TestClient[]) client.onMessage(({ from }) => senders.push(from));
    const name = { senderId: 'bob', sourceClientId: 'bob', from: 'bob', peer: 'bob', clientId: 'bob' };
    const size = atSize(200, 1_000);
    for (let n = 0; n < size; n++) {
      const body = { ...name, targetClientId: n % 2 ? 'alice' : 'bob', event: 'forged', args: [name] };
      mallory.send(eventText(n % 3 ? 'P2P_EMIT' : 'P2P_EMIT_ACKNOWLEDGE', body, name));
    }
    await mallory.settled();
    await settled(alice, bob);
    const wrong = senders.filter((sender) => !mallory.clientIds.includes(String(sender)));
    expect(senders.length).toBeGreaterThan(0);
    record({
      threat: 'forged identity, plain',
      size: `${size} messages`,
      goal: 'none',
      measured: `${wrong.length} delivered`,
      ok: wrong.length === 0,
    });
    expect(wrong).toEqual([]);
    await goesOn();
  });

  it.each(PACKET_KINDS)('R-1 to a client without the plugin, the sender is the %s one who sent it', async (kind) => {
    const { relay, goesOn } = await scene();
    const ben = await relay.connectPlain('ben');
    const mallory = await Attacker.connect(relay.url, kind);
    const heard: unknown[] = [];
    ben.onAny((event, sender) => heard.push([event, sender]));
    mallory.send(mallory.packet('["bob"]', ['message', 'ben', 'forged', 0]));
    mallory.send(mallory.packet('["bob"]', ['request', 'ben', 0, 7, 1_000, 'forged', 0]));
    await mallory.settled();
    await plainSettled(ben);
    expect(heard).toEqual(Array(2).fill(['forged', mallory.clientId]));
    await goesOn();
    await relay.stillServes();
  });
});
