import { Manager, type Socket } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { decodePayload } from '../../src/protocol/payload-codec.js';
import { p2pServerPlugin } from '../../src/server/p2p-server-plugin.js';
import { frame, record as rawRecord } from '../protocol/frame-twin.js';
import { ENVELOPES, next, plainSettled, settled, startRelay } from '../support/relay.js';
import { codesOf, PATIENT } from '../support/topics.js';
import { Attacker, eventText } from './support/attacker.js';
import { atSize, FULL, growth, megabytes, record } from './support/figures.js';
import { FrameTwin, type TwinMessage } from './support/frame-twin.js';
import { MALFORMED_FRAMES, STRAY_FRAMES } from './support/malformed-frames.js';
import { pick, randomNumbers } from './support/random.js';
import { codeOf, definition, FIRST_HEAD, HEAD_COUNT, join, numbered, u8, WHOLE, whole } from './support/records.js';
import { startRelayProcess } from './support/relay-process.js';
import { connectVictims } from './support/victims.js';

/** How much somebody may send is not the matter here. */
const LIMITS = { packetBurst: 1e9, byteBurst: 1e12 };

async function scene() {
  const relay = await startRelayProcess({ plugin: { limits: LIMITS } });
  const victims = await connectVictims(relay);
  const mallory = await Attacker.connect(relay.url, 'frames');
  const unharmed = async () => {
    await victims.fine();
    await relay.stillServes();
  };
  return { relay, ...victims, mallory, unharmed };
}

const toAlice = (data: string, event = 'hi') => whole('message', { peer: 'alice', event, payload: 0, data });

/** How many errors it was told of. */
const told = ({ codes }: Attacker) => [...codes.values()].reduce((sum, count) => sum + count, 0);

describe('R-1 malformed frames', () => {
  it('R-1 of each kind are told by a code, and what follows in a frame of its own is heard', async () => {
    const { mallory, heard, unharmed } = await scene();
    const random = randomNumbers(11);
    for (const { name, write } of MALFORMED_FRAMES) {
      if (name === 'frame: nothing in it') continue;
      const before = told(mallory);
      mallory.send(write(random));
      await mallory.settled();
      expect([name, told(mallory)]).not.toEqual([name, before]);
      mallory.send(toAlice(JSON.stringify([name])));
      await mallory.settled();
    }
    await unharmed();
    const names = MALFORMED_FRAMES.map(({ name }) => name).slice(1);
    expect(heard.map(([who, event, , name]) => [who, event, name])).toEqual(names.map((name) => ['alice', 'hi', name]));
  });

  it('R-1 records that are wrong leave those before and after them alone', async () => {
    const { mallory, heard, unharmed } = await scene();
    const wrong = [
      rawRecord(1_000, Buffer.from('undefined')),
      rawRecord(WHOLE, u8(codeOf('end')), Buffer.from('of the server')),
      whole('message', { peer: 'alice', event: 'disconnect', payload: 0, data: '[]' }),
      whole('message', { peer: 'alice', event: 'hi', payload: 9, data: '[]' }),
      definition(0, 'message', { peer: 'alice', event: 'hi' }),
      whole('join', { id: 5, room: 'p2p:room' }),
    ];
    mallory.send(join(toAlice('[0]'), ...wrong.flatMap((each, n) => [each, toAlice(`[${n + 1}]`)])));
    await mallory.settled();
    await unharmed();
    expect(heard.map((args) => args.at(-1))).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(told(mallory)).toBe(wrong.length);
  });

  it.each(Object.entries(STRAY_FRAMES))(
    'R-1 with %s cost the connection they came on, and nobody else',
    async (_, stray) => {
      const { mallory, heard, unharmed } = await scene();
      const gone = next(mallory.socket, 'disconnect');
      mallory.send(stray);
      await gone;
      await unharmed();
      expect(heard).toEqual([]);
    },
  );

  it('R-1 a hello in a frame makes nobody someone else', async () => {
    const { relay, mallory, heard, unharmed } = await scene();
    const before = await relay.clients();
    for (const clientId of ['alice', 'clock', 'new', mallory.clientId]) {
      mallory.send(whole('hello', { clientId, version: 1, secret: 'secret of mallory', frames: 1 }));
      await mallory.settled();
    }
    mallory.send(toAlice('["still mallory"]'));
    await mallory.settled();
    await unharmed();
    expect(heard).toEqual([['alice', 'hi', mallory.clientId, 'still mallory']]);
    expect([...mallory.codes]).toEqual([['PACKET_INVALID', 4]]);
    expect((await relay.clients()).filter((id) => !id.startsWith('newcomer'))).toEqual(before);
  });

  it.each([
    ['of an unknown type', rawRecord(WHOLE, u8(255))],
    ['of no type', rawRecord(WHOLE)],
    ['of a head that is none', rawRecord(5_000, u8(0))],
  ])('R-1 5,000 records %s in one frame cost their sender its connection, once', async (_, wrong) => {
    const { relay, mallory, heard, unharmed } = await scene();
    const gone = next(mallory.socket, 'disconnect');
    mallory.send(join(toAlice('["before"]'), ...Array(5_000).fill(wrong), toAlice('["after"]')));
    await gone;
    await mallory.settled();
    await unharmed();
    expect(mallory.codes.get('POLICY_VIOLATION')).toBe(1);
    expect(heard.map((args) => args.at(-1))).toEqual(['before']);
    // It is forgiven a thousand at once; what comes after the end of a session is not looked at.
    expect((await relay.stats()).events['packet.invalid']).toBeLessThan(1_200);
    expect(relay.written).not.toContain('Warning');
  });

  it('R-1 5,000 packets of a byte in one frame are 5,000 packets', async () => {
    const { relay, mallory, unharmed } = await scene();
    mallory.send(join(...Array(5_000).fill(rawRecord(WHOLE, u8(codeOf('offer'))))));
    await mallory.settled();
    expect([...mallory.codes]).toEqual([]);
    await unharmed();
    expect(await relay.stats()).toMatchObject({ services: 2 });
  });
});

describe('R-1 frames and what else a connection carries', () => {
  it('R-1 a frame among the attachments of an event is one of these, and no frame', async () => {
    const relay = await startRelay();
    const alice = await relay.connect('alice');
    const heard: unknown[] = [];
    alice.onMessage(({ args }) => heard.push(...args));
    const mallory = await Attacker.connect(relay.url, 'frames');
    const app = new Promise<unknown[]>((resolve) => {
      relay.server.getSocketByClientId(mallory.clientId)?.on('app', (...args: unknown[]) => resolve(args));
    });
    const holes = [0, 1, 2].map((num) => ({ _placeholder: true, num }));
    const attachments = [
      Buffer.from('one'),
      frame(mallory.lane, toAlice('["hidden"]')),
      frame(9, toAlice('["hidden"]')),
    ];
    mallory.send([`5${holes.length}-${eventText('app', ...holes).slice(1)}`, ...attachments], toAlice('["after"]'));
    expect(await app).toEqual(attachments);
    await mallory.settled();
    await settled(alice);
    expect(heard).toEqual(['after']);
  });

  it('R-1 an event that waits for attachments for ever takes all frames with it, of its own connection alone', async () => {
    const { mallory, heard, unharmed } = await scene();
    const holes = Array.from({ length: 10 }, (_, num) => ({ _placeholder: true, num }));
    mallory.send([
      `510-${eventText('app', ...holes).slice(1)}`,
      ...Array(9).fill(frame(mallory.lane, toAlice('["lost"]'))),
    ]);
    await unharmed();
    expect(heard).toEqual([]);
  });

  it('R-1 frames for a lane that is over reach nobody, also when its client has come again', async () => {
    const relay = await startRelay();
    const alice = await relay.connect('alice');
    const heard: unknown[] = [];
    alice.onMessage(({ from, args }) => heard.push([from, ...args]));
    const mallory = await Attacker.connect(relay.url, 'frames');
    const first = mallory.lane;
    // It leaves the namespace, and not the connection.
    mallory.send('1', [frame(first, toAlice('["between"]'))]);
    await expect.poll(() => relay.server.getAllClientId()).toEqual(['alice']);
    const welcomed = next<[unknown, unknown[]]>(mallory.socket, 'P2P');
    const auth = { clientId: 'again', p2p: { version: 1, secret: 's', frames: 1 } };
    mallory.send(`0${JSON.stringify(auth)}`, [frame(first, toAlice('["too early"]'))]);
    const second = Number((await welcomed)[1][4]);
    mallory.send([frame(first, toAlice('["too late"]'))], [frame(second, toAlice('["in time"]'))]);
    mallory.send([frame(first, rawRecord(5_000), toAlice('["too late"]'))]);
    await mallory.settled();
    await settled(alice);
    expect([first, second]).toEqual([1, 2]);
    expect(heard).toEqual([['again', 'in time']]);
    expect(mallory.codes.size).toBe(0);
  });

  it('R-1 frames of a client that the server has taken out reach nobody', async () => {
    const relay = await startRelay();
    const alice = await relay.connect('alice');
    const heard: unknown[] = [];
    alice.onMessage(({ from, args }) => heard.push([from, ...args]));
    const mallory = await Attacker.connect(relay.url, 'frames');
    const { clientId, lane: first } = mallory;
    const { id } = relay.server.getSocketByClientId(clientId)!;
    relay.server.removeClient(clientId);
    mallory.send(toAlice('["too late"]'));
    await mallory.socket.emitWithAck('IS_CLIENT_CONNECTED', {});
    const welcomed = next<[unknown, unknown[]]>(mallory.socket, 'P2P');
    relay.server.addClient('back', id);
    const second = Number((await welcomed)[1][4]);
    mallory.send([frame(first, toAlice('["too late"]'))], [frame(second, toAlice('["in time"]'))]);
    await mallory.settled();
    await settled(alice);
    expect([first, second]).toEqual([1, 2]);
    expect(heard).toEqual([['back', 'in time']]);
  });

  it('R-1 of two namespaces on one connection each has a lane, which speaks for nobody else', async () => {
    const relay = await startRelay();
    p2pServerPlugin(relay.server.of('/other'), { logger: { error: () => {} } });
    const heard: unknown[] = [];
    const victims = await Promise.all(
      ['/', '/other'].map(async (namespace) => {
        const alice = await connectTo(relay.url, namespace, 'alice');
        alice.socket.onAny((...args) => heard.push([namespace, ...args]));
        return alice;
      }),
    );
    const manager = new Manager(relay.url, { transports: ['websocket'], reconnection: false });
    onTestFinished(() => manager._close());
    const one = await connectTo(manager, '/', 'one');
    const two = await connectTo(manager, '/other', 'two');
    const write = (lane: number, data: string) => manager.engine.write(frame(lane, toAlice(data)) as unknown as string);
    write(one.lane, '["by one"]');
    write(two.lane, '["by two"]');
    await plainAnswer(one.socket);
    one.socket.disconnect();
    await expect.poll(() => relay.server.getAllClientId()).toEqual(['alice']);
    write(one.lane, '["by nobody"]');
    write(two.lane, '["by two again"]');
    await plainAnswer(two.socket);
    for (const { socket } of victims) await plainAnswer(socket);
    const relayed = heard.filter((args) => (args as string[])[1] === 'hi');
    expect(new Set([one.lane, two.lane])).toEqual(new Set([1, 2]));
    expect(relayed).toEqual([
      ['/', 'hi', 'one', 'by one'],
      ['/other', 'hi', 'two', 'by two'],
      ['/other', 'hi', 'two', 'by two again'],
    ]);
  });
});

/** Joins a namespace: a plain client by an address, one of frames by a connection that there is. */
async function connectTo(where: string | Manager, namespace: string, clientId: string) {
  const isFramed = typeof where !== 'string';
  const manager = isFramed ? where : new Manager(where, { transports: ['websocket'], reconnection: false });
  if (!isFramed) onTestFinished(() => manager._close());
  const auth = isFramed ? { clientId, p2p: { version: 1, secret: 's', frames: 1 } } : { clientId };
  const socket = manager.socket(namespace, { auth });
  const [, welcome] = await next<[unknown, unknown[]?]>(socket, isFramed ? 'P2P' : 'connect');
  return { socket, lane: Number(welcome?.[4]) };
}

/** What was sent before has been read. Of who speaks in packets it is refused, and answered all the same. */
async function plainAnswer(socket: Socket): Promise<void> {
  await socket.emitWithAck('IS_CLIENT_CONNECTED', { targetClientId: 'anyone' });
}

describe('R-1 numbers that stand for names', () => {
  it('R-1 given to other names between two messages, each message reaches exactly its own target', async () => {
    const { mallory, heard, unharmed } = await scene();
    const random = randomNumbers(12);
    const expected: unknown[][] = [];
    const numbers = [FIRST_HEAD, FIRST_HEAD + 1, FIRST_HEAD + HEAD_COUNT - 1];
    const meaning = new Map<number, { peer: string; event: string }>();
    for (let round = 0; round < atSize(60, 2_000); round++) {
      const records: Uint8Array[] = [];
      for (let n = 0; n < 1 + random(30); n++) {
        const number = pick(random, numbers);
        if (!meaning.has(number) || random(3) === 0) {
          const names = { peer: pick(random, ['alice', 'carol', 'dora', 'ben']), event: pick(random, ['a', 'b']) };
          meaning.set(number, names);
          records.push(definition(number, 'message', names));
        }
        const { peer, event } = meaning.get(number)!;
        const data = JSON.stringify([expected.length]);
        records.push(numbered(number, 'message', { payload: 0, data }));
        expected.push([peer, event, mallory.clientId, expected.length]);
      }
      mallory.send(join(...records));
    }
    await mallory.settled();
    await unharmed();
    for (const victim of ['alice', 'carol', 'dora', 'ben']) {
      const ofVictim = ([who]: unknown[]) => who === victim;
      expect(heard.filter(ofVictim)).toEqual(expected.filter(ofVictim));
    }
    expect([...mallory.codes]).toEqual([]);
  });

  it('R-1 CM-2 however often those of the server begin anew within a frame, each message is heard for what it is', async () => {
    const { mallory, heard, unharmed } = await scene();
    const random = randomNumbers(14);
    const all = Array.from({ length: HEAD_COUNT }, (_, n) => n);
    mallory.send(
      join(...all.map((n) => definition(FIRST_HEAD + n, 'message', { peer: 'alice', event: `event ${n}` }))),
    );
    // In any order but the first: a number gets another meaning each time.
    const order = [...all, ...Array.from({ length: 4 * HEAD_COUNT }, () => random(HEAD_COUNT))];
    mallory.send(join(...order.map((n) => numbered(FIRST_HEAD + n, 'message', { payload: 0, data: `[${n}]` }))));
    await mallory.settled();
    await unharmed();
    expect(heard).toEqual(order.map((n) => ['alice', `event ${n}`, mallory.clientId, n]));
  });

  it('R-1 one that was taken back, or given wrongly, stands for nothing', async () => {
    const { mallory, heard, unharmed } = await scene();
    const names = { peer: 'alice', event: 'hi' };
    const use = numbered(7, 'message', { payload: 0, data: '["used"]' });
    const wrong = [
      definition(7, 'message', { peer: '__proto__', event: 'hi' }),
      definition(7, 'message', { peer: 'alice', event: 'disconnect' }),
      definition(7, 'end', {}),
      rawRecord(0, Buffer.from([7, 0, 0, 0])),
      rawRecord(0, Buffer.from([7, 0, 0, 0]), Buffer.from('noise')),
    ];
    for (const each of wrong) mallory.send(join(definition(7, 'message', names), use, each, use, use));
    await mallory.settled();
    await unharmed();
    expect(heard).toEqual(wrong.map(() => ['alice', 'hi', mallory.clientId, 'used']));
    expect(told(mallory)).toBe(3 * wrong.length);
  });

  it('R-1 those of one client mean nothing to another', async () => {
    const { relay, mallory, heard, unharmed } = await scene();
    const other = await Attacker.connect(relay.url, 'frames', 'other');
    mallory.send(definition(7, 'message', { peer: 'alice', event: 'hi' }));
    await mallory.settled();
    other.send(numbered(7, 'message', { payload: 0, data: '["foreign"]' }));
    await other.settled();
    await unharmed();
    expect([[...other.codes], heard]).toEqual([[['PACKET_INVALID', 1]], []]);
  });

  it('R-1 however many are given, the memory for them is bounded', async () => {
    const { relay, mallory, unharmed } = await scene();
    const count = atSize(10_000, 200_000);
    const names = (n: number) => ({ peer: `${n}`.padStart(128, 'p'), event: `${n}`.padStart(256, 'e') });
    function* definitions(from: number): Generator<Uint8Array> {
      for (let n = from; n < from + count; n += 10) {
        const ten = Array.from({ length: 10 }, (_, k) =>
          definition(FIRST_HEAD + ((n + k) % HEAD_COUNT), 'message', names(n + k)),
        );
        yield join(...ten);
      }
    }
    await mallory.flood(definitions(0));
    const before = await relay.memory();
    await mallory.flood(definitions(count));
    const grown = growth(before, await relay.memory(), 'heapUsed');
    record({
      threat: 'numbers of names',
      size: `${count} definitions`,
      goal: 'heap ≤ +2 MB',
      measured: megabytes(grown),
      ok: grown <= 2,
    });
    if (FULL) expect(grown).toBeLessThanOrEqual(2);
    await unharmed();
  });

  it('R-1 however many events one client is sent, the memory for their numbers is bounded', async () => {
    const { relay, mallory, heard, unharmed } = await scene();
    const count = atSize(10_000, 200_000);
    function* messages(from: number): Generator<Uint8Array> {
      for (let n = from; n < from + count; n += 10) {
        yield join(...Array.from({ length: 10 }, (_, k) => toAlice('[]', `${n + k}`.padStart(256, 'e'))));
      }
    }
    await mallory.flood(messages(0));
    const before = await relay.memory();
    await mallory.flood(messages(count));
    const grown = growth(before, await relay.memory(), 'heapUsed');
    record({
      threat: 'numbers of names, of others',
      size: `${count} events`,
      goal: 'heap ≤ +2 MB',
      measured: megabytes(grown),
      ok: grown <= 2,
    });
    if (FULL) expect(grown).toBeLessThanOrEqual(2);
    await unharmed();
    const events = heard.map(([, event]) => Number(String(event).replaceAll('e', '')));
    expect(events).toEqual(Array.from({ length: 2 * count }, (_, n) => n));
  });
});

type Random = (below: number) => number;

/** A frame's records that are right, but for those who get them. */
function goodRecords(random: Random): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (let n = 0; n < 1 + random(5); n++) {
    const names = { peer: pick(random, ['alice', 'dora', 'ben', 'nobody']), event: pick(random, ['hi', 'ho', 'é']) };
    const data = pick(random, ['[]', '[1,"two"]', '[{"three":[4]}]', '["é€𝄞"]']);
    const payload = pick(random, [
      { payload: 0, data },
      { payload: 1, data },
    ]);
    if (random(2)) records.push(whole('message', { ...names, ...payload }));
    else records.push(definition(FIRST_HEAD + random(3), 'message', names));
    if (random(2)) records.push(numbered(FIRST_HEAD + random(3), 'message', payload));
  }
  return records;
}

const MUTATIONS: readonly ((bytes: Buffer, random: Random) => Uint8Array)[] = [
  (bytes) => bytes,
  (bytes, random) => bytes.subarray(0, random(bytes.length + 1)),
  (bytes, random) => bytes.subarray(random(bytes.length)),
  (bytes, random) => replaced(bytes, random, (byte) => byte ^ (1 << random(8))),
  (bytes, random) => replaced(bytes, random, (byte) => byte + 1),
  (bytes, random) => replaced(bytes, random, (byte) => byte - 1),
  (bytes, random) => replaced(bytes, random, () => pick(random, [0, 1, 2, 0x7f, 0x80, 0xff])),
  (bytes, random) => inserted(bytes, random, [random(256)]),
  (bytes, random) => inserted(bytes, random, Buffer.alloc(random(12))),
  (bytes, random) => inserted(bytes, random, bytes.subarray(random(bytes.length))),
  (bytes, random) => {
    const at = random(bytes.length);
    return join(bytes.subarray(0, at), bytes.subarray(at + 1 + random(4)));
  },
];

function replaced(bytes: Buffer, random: Random, change: (byte: number) => number): Uint8Array {
  const copy = Buffer.from(bytes);
  const at = random(copy.length);
  copy[at] = change(copy[at]!);
  return copy;
}

function inserted(bytes: Buffer, random: Random, more: Uint8Array | readonly number[]): Uint8Array {
  const at = random(bytes.length + 1);
  return join(bytes.subarray(0, at), more, bytes.subarray(at));
}

/** What a listener gets, or that it cannot be read. */
function argumentsOf({ format, data }: TwinMessage): unknown[] | 'unreadable' {
  try {
    return decodePayload({ format, data: format === 0 ? data.toString() : data });
  } catch {
    return 'unreadable';
  }
}

describe('R-1 frames that are wrong by chance', () => {
  it('R-1 reach exactly those whom a second reader finds in them, with what it finds', async () => {
    const relay = await startRelay({ plugin: { limits: { violationBurst: 1e9 } } });
    const [alice, dora] = [await relay.connect('alice'), await relay.connect('dora', {}, ENVELOPES)];
    const ben = await relay.connectPlain('ben');
    const heard: unknown[][] = [];
    for (const { clientId, onMessage } of [alice, dora]) {
      onMessage(({ event, args }) => heard.push([clientId, event, ...args]));
    }
    ben.onAny((event, _from, ...args) => event !== 'SERVER_ERROR' && heard.push(['ben', event, ...args]));
    const random = randomNumbers(13);
    const expected: unknown[][] = [];
    const unreadable: string[] = [];
    let twin = new FrameTwin();
    let mallory = await Attacker.connect(relay.url, 'frames');
    let sent = 0;
    while (sent < atSize(5_000, 200_000)) {
      const bytes = Buffer.from(join(...goodRecords(random)));
      const mutated = pick(random, MUTATIONS)(bytes, random);
      const { hasOthers, messages } = twin.clone().read(mutated);
      if (hasOthers) continue;
      twin.read(mutated);
      mallory.send(mutated);
      for (const message of messages) {
        const args = argumentsOf(message);
        if (args === 'unreadable') unreadable.push(message.target);
        else expected.push([message.target, message.event, ...args]);
      }
      if (++sent % 500 === 0) {
        await mallory.settled();
        expect(mallory.disconnects).toBe(0);
        mallory.socket.disconnect();
        mallory = await Attacker.connect(relay.url, 'frames', `mallory-${sent}`);
        twin = new FrameTwin();
      }
    }
    await mallory.settled();
    await settled(alice, dora);
    await plainSettled(ben);
    for (const victim of ['alice', 'dora', 'ben']) {
      const ofVictim = ([who]: unknown[]) => who === victim;
      expect(heard.filter(ofVictim)).toEqual(expected.filter(ofVictim));
    }
    for (const { clientId, errors } of [alice, dora]) {
      const unreadableThere = unreadable.filter((target) => target === clientId);
      expect(unreadableThere.length).toBeGreaterThan(0);
      expect([clientId, codesOf(errors)]).toEqual([clientId, unreadableThere.map(() => 'PAYLOAD_INVALID')]);
    }
    expect([alice.connected, dora.connected, ben.connected]).toEqual([true, true, true]);
    expect(relay.logged).toEqual([]);
    await expect.poll(() => relay.server.getAllClientId().length, PATIENT).toBe(4);
  });
});
