import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { plainSettled, settled, type TestClient } from '../support/relay.js';
import { nextStream } from '../support/streams.js';
import { listen, PATIENT } from '../support/topics.js';
import { Attacker, binaryEnvelope, envelope, eventText, type Frames } from './support/attacker.js';
import { atSize, record } from './support/figures.js';
import { pick, randomNumbers } from './support/random.js';
import { startRelayProcess } from './support/relay-process.js';

const FORGED = '["forged"]';

/** Alice and bob have one of everything open between them. */
async function scene() {
  const relay = await startRelayProcess();
  const alice = await relay.connect('alice');
  const bob = await relay.connect('bob', {}, { isService: true });
  const sent: unknown[][] = [];
  for (const client of [alice, bob]) client.on('P2P', (_data: unknown, header: unknown[]) => sent.push(header));
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

/** What belongs to the sessions of others; wherever a packet has a place for a sender, it is one of them. */
const FORGERIES: readonly ((guess: Guess) => Frames)[] = [
  ({ peer }) => envelope('[{"from":"bob","peer":"bob"}]', ['message', peer, 'forged', 0]),
  ({ peer }) => envelope(FORGED, ['message', peer, 'forged', 0, 'bob']),
  ({ peer, epoch }) => envelope(FORGED, ['message', peer, epoch, 'forged', 0]),
  ({ peer }) => eventText('P2P', FORGED, ['message', peer, 'forged', 0], 'bob'),
  ({ peer, epoch, id }) => envelope(FORGED, ['reply', peer, epoch, id, 0]),
  ({ peer, epoch, id }) => envelope('[{"code":"INTERNAL"}]', ['reject', peer, epoch, id, 0]),
  ({ peer, epoch, id, stream }) => envelope(null, ['opened', peer, epoch, id, stream, 1_000]),
  ({ peer, epoch, id, stream }) => envelope(null, ['called', peer, epoch, id, stream, 'items', 1_000]),
  ({ peer, epoch, id }) => envelope(null, ['cancel', peer, epoch, id]),
  ({ peer, epoch, id }) => envelope(null, ['subscribed', peer, epoch, id, 'news']),
  ({ peer, epoch, id }) => envelope(FORGED, ['retained', peer, epoch, id, 'news', 0]),
  ({ peer }) => envelope(null, ['unsubscribe', peer, 'news']),
  () => envelope(FORGED, ['publish', 'news', 0]),
  () => envelope('[{"code":"TOPIC_DESTROYED"}]', ['close-topic', 'news', 0]),
  ({ stream, id }) => binaryEnvelope(Buffer.from('forged'), ['data', stream, id, 1]),
  ({ stream, id }) => binaryEnvelope(Buffer.alloc(1_024, 'forged'), ['part', stream, id, 1]),
  ({ stream, id }) => envelope(null, ['credit', stream, 1_000_000, id]),
  ({ stream }) => envelope(null, ['finish', stream]),
  ({ stream }) => envelope('[{"code":"ABORTED"}]', ['reset', stream, 0]),
  ({ peer, epoch, id }) => envelope(null, ['peer-gone', peer, epoch, id]),
  ({ peer, epoch }) => envelope(FORGED, ['publication', peer, epoch, 'news', 0]),
];

const REPLIES = FORGERIES.slice(4, 8);

function* forgeries(count: number, kinds: readonly ((guess: Guess) => Frames)[], numbers: readonly number[]) {
  const random = randomNumbers(1);
  for (let n = 0; n < count; n++) {
    const [epoch, id, stream] = [pick(random, numbers), pick(random, numbers), pick(random, numbers)];
    yield kinds[n % kinds.length]!({ peer: pick(random, ['alice', 'bob', 'carol', '']), epoch, id, stream });
  }
}

/** What came to alice and bob that an attacker may not have caused; its own messages bear its name. */
function deliveredWrongly(sent: readonly unknown[][], attacker: Attacker): unknown[][] {
  return sent.filter(([type, peer]) => {
    const isOwn = attacker.clientIds.includes(String(peer));
    return !(type === 'message' && isOwn) && !(type === 'reply' && peer === '');
  });
}

async function attack(count: number, kinds: readonly ((guess: Guess) => Frames)[]) {
  const { relay, alice, bob, sent, goesOn, numbers } = await scene();
  const mallory = await Attacker.connect(relay.url, 'plugin');
  sent.length = 0;
  const size = await mallory.flood(forgeries(count, kinds, numbers));
  await settled(alice, bob);
  const wrong = deliveredWrongly(sent, mallory);
  const measured = `${wrong.length} delivered, ${mallory.disconnects} times sent away`;
  return { relay, size, wrong, measured, goesOn, sent };
}

describe('R-1 forged identity', () => {
  it('R-1 packets for sessions, requests and streams of others are delivered to nobody under their names', async () => {
    const { relay, size, wrong, measured, goesOn, sent } = await attack(atSize(2_000, 10_000), FORGERIES);
    record({ threat: 'forged identity', size: `${size} packets`, goal: 'none', measured, ok: wrong.length === 0 });
    expect(wrong).toEqual([]);
    expect(sent.filter(([type]) => type === 'message').length).toBeGreaterThan(0);
    await goesOn();
    await relay.stillServes();
  });

  it('R-1 invented replies to requests that are really open are delivered to nobody', async () => {
    const { relay, size, wrong, measured, goesOn } = await attack(atSize(2_000, 10_000), REPLIES);
    record({ threat: 'unsolicited replies', size: `${size} replies`, goal: 'none', measured, ok: wrong.length === 0 });
    expect(wrong).toEqual([]);
    await goesOn();
    await relay.stillServes();
  });

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

  it('R-1 to a client without the plugin, the sender is the one who sent it', async () => {
    const { relay, goesOn } = await scene();
    const ben = await relay.connectPlain('ben');
    const mallory = await Attacker.connect(relay.url, 'plugin');
    const heard: unknown[] = [];
    ben.onAny((event, sender) => heard.push([event, sender]));
    mallory.send(envelope('["bob"]', ['message', 'ben', 'forged', 0]));
    mallory.send(envelope('["bob"]', ['request', 'ben', 0, 7, 1_000, 'forged', 0]));
    await mallory.settled();
    await plainSettled(ben);
    expect(heard).toEqual(Array(2).fill(['forged', mallory.clientId]));
    await goesOn();
    await relay.stillServes();
  });
});
