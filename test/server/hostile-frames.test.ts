import { describe, expect, it } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import type { Authorize } from '../../src/server/authorize.js';
import type { P2PServerOptions } from '../../src/server/server-options.js';
import { Attacker, PACKET_KINDS } from '../hostile/support/attacker.js';
import { codeOf, definition, join, numbered, text, u8, u32, u48, WHOLE, whole } from '../hostile/support/records.js';
import { frame, record as rawRecord } from '../protocol/frame-twin.js';
import { connected, ENVELOPES, next, plainSettled, rawSocketTo, settled, startRelay } from '../support/relay.js';
import { failureOf, nextStream } from '../support/streams.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { codesOf, numbers, PATIENT } from '../support/topics.js';

const mixed = (json: string, bytes = '', length = Buffer.byteLength(json)) =>
  join(u32(length), Buffer.from(json), Buffer.from(bytes));

/** With a byte after its end that is told to be part of it. */
const sized = (record: Uint8Array) => join(u32(record.byteLength - 3), record.subarray(4), u8(0));

const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

/** By what is wrong: the format, and the data. */
const PAYLOADS: readonly (readonly [string, number, string | Uint8Array])[] = [
  ['no JSON', 0, 'not json'],
  ['nothing at all', 0, ''],
  ['no list', 0, '{"length":1}'],
  ['half a list', 0, '[1,'],
  ['two lists', 0, '[1][2]'],
  ['bytes that are no text', 0, Buffer.from([0xff, 0xfe, 0x00])],
  ['a byte order mark', 0, Buffer.from([0xef, 0xbb, 0xbf, 0x5b, 0x31, 0x5d])],
  ['256 arguments', 0, JSON.stringify(Array(256).fill(1))],
  ['100,000 arguments', 0, JSON.stringify(Array(100_000).fill(1))],
  ['a nesting of 65', 0, `[${deep(65)}]`],
  ['a nesting of 4,100', 0, `[${deep(4_100)}]`],
  ['a nesting of 100,000', 0, `[${deep(100_000)}]`],
  ['a mixed one of nothing', 2, ''],
  ['a mixed one of half a length', 2, Buffer.alloc(3)],
  ['a mixed one with more JSON than there is', 2, mixed('[[],[]]', '', 1_000)],
  ['a mixed one with JSON of the largest length', 2, mixed('[[],[]]', '', 2 ** 32 - 1)],
  ['a mixed one without JSON', 2, mixed('not json')],
  ['a mixed one without holes', 2, mixed('[[1]]')],
  ['a mixed one with bytes left over', 2, mixed('[[null],[[[0],1]]]', 'bytes')],
  ['a mixed one with too few bytes', 2, mixed('[[null],[[[0],9]]]', 'bytes')],
  ['a mixed one with a hole in a prototype', 2, mixed('[[{}],[[[0,"__proto__"],5]]]', 'bytes')],
  ['a mixed one nested 65 deep', 2, mixed(`[[${deep(65)}],[]]`)],
  ['a mixed one nested 100,000 deep', 2, mixed(`[[${deep(100_000)}],[]]`)],
  ['a mixed one with 256 holes', 2, mixed(`[${JSON.stringify(Array(256).fill(null))},[]]`)],
];

async function scene() {
  const relay = await startRelay();
  const [alice, dora] = [
    await relay.connect('alice', {}, { isService: true }),
    await relay.connect('dora', {}, ENVELOPES),
  ];
  const ben = await relay.connectPlain('ben');
  const heard: unknown[][] = [];
  for (const { clientId, onMessage } of [alice, dora]) {
    onMessage(({ from, event, args, ack }) => {
      heard.push([clientId, from, event, ...args]);
      ack?.('yes');
    });
  }
  ben.onAny((event, ...args) => heard.push(['ben', ...args.slice(0, 1), event, ...args.slice(1)]));
  const mallory = await Attacker.connect(relay.url, 'frames');
  const arrived = async () => {
    await mallory.settled();
    await settled(alice, dora);
    await plainSettled(ben);
    expect([alice.connected, dora.connected, ben.connected, mallory.disconnects]).toEqual([true, true, true, 0]);
    expect(relay.logged).toEqual([]);
  };
  return { relay, alice, dora, ben, heard, mallory, arrived };
}

const about = (peer: string, event = 'hi') => ({ peer, event, payload: 0, data: '["good"]' });

describe('payloads in frames that cannot be read', () => {
  it.each(PAYLOADS)(
    'R-1 %s is told by SERVER_ERROR, and the next message of the frame is heard',
    async (_, payload, data) => {
      const { alice, dora, heard, mallory, arrived } = await scene();
      const good = ['alice', 'dora', 'ben'].map((peer) => whole('message', about(peer)));
      const bad = ['alice', 'dora', 'ben'].map((peer) => whole('message', { ...about(peer), payload, data }));
      mallory.send(join(...good, ...bad, ...good));
      await arrived();
      const twice = ['alice', 'dora', 'ben', 'alice', 'dora', 'ben'].map((who) => [
        who,
        mallory.clientId,
        'hi',
        'good',
      ]);
      expect(heard.toSorted()).toEqual(twice.toSorted());
      expect([alice, dora].map(({ errors }) => codesOf(errors))).toEqual([['PAYLOAD_INVALID'], ['PAYLOAD_INVALID']]);
      // For the one without the plugin the server has tried.
      expect([...mallory.codes]).toEqual([['PAYLOAD_INVALID', 1]]);
    },
  );

  it.each(PAYLOADS)(
    'R-1 %s in a request or a call is told to both sides, and the next is answered',
    async (_, payload, data) => {
      const { alice, heard, mallory, arrived } = await scene();
      alice.provideService('echo', (...args) => args.length);
      const answers = new Map<unknown, unknown>();
      mallory.onPacket((answer, [type, , , id]) => {
        if (['reply', 'reject'].includes(String(type))) answers.set(id, type === 'reply' ? answer : 'rejected');
      });
      const ask = { ...about('alice'), epoch: 0, timeout: 5_000, api: 'echo', input: 'value' };
      mallory.send(
        join(
          whole('request', { ...ask, id: 1, payload, data }),
          whole('call', { ...ask, id: 2, payload, data }),
          whole('request', { ...ask, id: 3 }),
          whole('call', { ...ask, id: 4 }),
        ),
      );
      await expect.poll(() => [...answers.keys()].sort(), PATIENT).toEqual(expect.arrayContaining([1, 2, 3, 4]));
      expect([1, 2, 3, 4].map((id) => answers.get(id))).toEqual(['rejected', 'rejected', '["yes"]', '[1]']);
      await arrived();
      expect(heard).toEqual([['alice', mallory.clientId, 'hi', 'good']]);
      expect(mallory.codes.get('PAYLOAD_INVALID')).toBe(2);
    },
  );

  it('R-1 one to a room is an error for each of its members, and told once to its sender', async () => {
    const { alice, dora, ben, heard, mallory, arrived } = await scene();
    for (const client of [alice, dora]) await client.joinRoom('lobby');
    await ben.emitWithAck('JOIN_ROOM', { room: 'lobby' });
    const room = { room: 'lobby', event: 'hi', payload: 0 };
    mallory.send(
      join(whole('room-message', { ...room, data: 'bad' }), whole('room-message', { ...room, data: '["good"]' })),
    );
    await arrived();
    expect(heard.map(([who]) => who).sort()).toEqual(['alice', 'ben', 'dora']);
    expect([alice, dora].map(({ errors }) => codesOf(errors))).toEqual([['PAYLOAD_INVALID'], ['PAYLOAD_INVALID']]);
    expect([...mallory.codes]).toEqual([['PAYLOAD_INVALID', 1]]);
  });
});

/** Mallory has a stream to alice, whose number is 7. */
async function streamScene(mode: 'bytes' | 'objects') {
  const all = await scene();
  const { alice, mallory } = all;
  const resets: unknown[] = [];
  mallory.onPacket((data, [type, stream]) => {
    if (type === 'reset') resets.push([stream, (JSON.parse(data as string) as { code: string }[])[0]?.code]);
  });
  const accepted = nextStream(alice);
  mallory.send(
    whole('open', { ...about('alice'), epoch: 0, id: 7, timeout: 5_000, mode, credit: 131_072, data: '[]' }),
  );
  const { duplex } = await accepted;
  duplex.resume();
  await mallory.settled();
  return { ...all, duplex, resets };
}

const onStream = { stream: 7, probe: 0, credit: 1_000, payload: 0, data: '[1]' };

describe('records of a stream', () => {
  it.each<[string, string, Uint8Array]>([
    ['data of a format that is none', 'PACKET_INVALID', whole('data', { ...onStream, payload: 3 })],
    ['data without a payload', 'PACKET_INVALID', rawRecord(WHOLE, u8(codeOf('data')), u48(7), u48(0))],
    ['data without a probe', 'PACKET_INVALID', rawRecord(WHOLE, u8(codeOf('data')), u48(7))],
    ['a part of a format that is none', 'PACKET_INVALID', whole('part', { ...onStream, payload: 0xff })],
    ['a part that is text', 'STREAM_VIOLATION', whole('part', onStream)],
    ['more credit than there can be', 'PACKET_INVALID', whole('credit', { ...onStream, credit: 16_777_217 })],
    ['credit that is cut off', 'PACKET_INVALID', rawRecord(WHOLE, u8(codeOf('credit')), u48(7), u48(1_000))],
    ['credit with something after it', 'PACKET_INVALID', join(sized(whole('credit', onStream)))],
    ['an end with something after it', 'PACKET_INVALID', join(sized(whole('finish', onStream)))],
    ['a reset without a payload', 'PACKET_INVALID', rawRecord(WHOLE, u8(codeOf('reset')), u48(7))],
    ['an object that is no JSON', 'PAYLOAD_INVALID', whole('data', { ...onStream, data: '[{"n":' })],
    ['an object nested too deep', 'PAYLOAD_INVALID', whole('data', { ...onStream, data: `[${deep(4_100)}]` })],
    [
      'data in the number of which its stream is',
      'PACKET_INVALID',
      join(definition(5, 'data', {}), rawRecord(5, u48(7))),
    ],
  ])('R-1 %s resets that stream at both ends with %s, and nothing else of its frame', async (_, code, wrong) => {
    const { duplex, heard, resets, mallory, arrived } = await streamScene('objects');
    const failure = failureOf(duplex);
    mallory.send(join(whole('message', about('alice')), wrong, whole('message', about('alice'))));
    expect((await failure).code).toBe(code);
    await arrived();
    expect(resets[0]).toEqual([7, code]);
    expect(heard.length).toBe(2);
  });

  it('R-1 for a stream that is another’s, or none, end nothing', async () => {
    const { relay, duplex, resets, mallory, arrived } = await streamScene('bytes');
    const eve = await Attacker.connect(relay.url, 'frames', 'eve');
    const pieces = ['data', 'part', 'credit', 'finish', 'reset'] as const;
    for (const type of pieces) {
      for (const stream of [0, 1, 7, 2 ** 48 - 1]) eve.send(whole(type, { ...onStream, stream }));
      eve.send(rawRecord(WHOLE, u8(codeOf(type)), u48(7)), rawRecord(WHOLE, u8(codeOf(type)), u48(7).subarray(1)));
    }
    await eve.settled();
    expect([...eve.codes.keys()].sort()).toEqual(['PACKET_INVALID', 'STREAM_NOT_FOUND']);
    const received = new Promise((resolve) => duplex.once('data', resolve));
    mallory.send(whole('data', { ...onStream, payload: 1, data: 'still open' }));
    expect(String(await received)).toBe('still open');
    await arrived();
    expect(resets).toEqual([]);
  });
});

describe('limits and permissions, record by record', () => {
  const hi = (n: number, more = '') => whole('message', { ...about('alice'), data: JSON.stringify([n, more]) });

  /** The same, of which a number says who and what it is about. */
  const numberedHi = (n: number, more = '') => numbered(2, 'message', { payload: 0, data: JSON.stringify([n, more]) });

  const ALICE = definition(2, 'message', about('alice'));

  async function limited(plugin: P2PServerOptions) {
    const relay = await startRelay({ plugin });
    const alice = await relay.connect('alice');
    const heard: unknown[] = [];
    alice.onMessage(({ args }) => heard.push(args[0]));
    const mallory = await Attacker.connect(relay.url, 'frames');
    return { relay, alice, heard, mallory };
  }

  const writers = [
    ['with all in them', hi],
    ['with a number', numberedHi],
  ] as const;

  it.each(writers)('R-1 messages of one frame, %s, are each a packet', async (_, write) => {
    const { alice, heard, mallory } = await limited({ limits: { packetsPerSecond: 0, packetBurst: 100 } });
    mallory.send(join(ALICE, ...numbers(1, 500).map((n) => write(n))));
    await mallory.settled();
    await settled(alice);
    expect(heard).toEqual(numbers(1, heard.length));
    // The number that it gave may count as one.
    expect([99, 100]).toContain(heard.length);
    // What it asks to be settled is refused as well.
    expect(mallory.codes.get('RATE_LIMITED')).toBe(501 - heard.length);
  });

  it.each(writers)('R-1 messages of one frame, %s, are each counted in bytes', async (_, write) => {
    const { alice, heard, mallory } = await limited({ limits: { bytesPerSecond: 0, byteBurst: 10_500 } });
    mallory.send(join(ALICE, ...numbers(1, 50).map((n) => write(n, 'x'.repeat(1_000)))));
    await mallory.settled();
    await settled(alice);
    expect(heard).toEqual(numbers(1, 10));
    expect(mallory.codes.get('RATE_LIMITED')).toBe(40);
  });

  it.each(writers)('R-1 a message of a frame, %s, that is too large is refused, and no other', async (_, write) => {
    const { alice, heard, mallory } = await limited({ limits: { maxPayloadBytes: 1_000 } });
    const sizes = [10, 1_001 - '[0,""]'.length, 1_000 - '[0,""]'.length, 20_000, 10];
    mallory.send(join(ALICE, ...sizes.map((size, n) => write(n, 'x'.repeat(size)))));
    await mallory.settled();
    await settled(alice);
    expect(heard).toEqual([0, 2, 4]);
    expect([...mallory.codes]).toEqual([['PAYLOAD_TOO_LARGE', 2]]);
  });

  it.each([0, Number.POSITIVE_INFINITY])(
    'R-1 what is not permitted is refused message by message, answers kept for %d ms',
    async (cacheFor) => {
      const authorize: Authorize = ({ event }) => ({ allowed: event !== 'forbidden', cacheFor });
      const { relay, alice, heard, mallory } = await limited({ authorize });
      const forbidden = definition(3, 'message', about('alice', 'forbidden'));
      const useForbidden = (n: number) => numbered(3, 'message', { payload: 0, data: `[${n}]` });
      for (let round = 0; round < 3; round++) {
        const records = numbers(1, 20).map((n) => (n % 3 ? numberedHi : useForbidden)(20 * round + n));
        mallory.send(join(ALICE, forbidden, ...records));
        if (round === 1) relay.server.forgetPermissions(mallory.clientId);
      }
      await mallory.settled();
      await settled(alice);
      expect(heard).toEqual(numbers(1, 60).filter((n) => (((n - 1) % 20) + 1) % 3));
      expect([...mallory.codes]).toEqual([['FORBIDDEN', 18]]);
    },
  );

  it('R-1 what is permitted at once does not overtake what is being decided', async () => {
    let decide: (allowed: boolean) => void = () => {};
    const decision = new Promise<boolean>((resolve) => {
      decide = resolve;
    });
    const authorize: Authorize = ({ event }) =>
      event === 'slow' ? decision : { allowed: true, cacheFor: Number.POSITIVE_INFINITY };
    const { alice, heard, mallory } = await limited({ authorize });
    // The answer about these is known from here on.
    mallory.send(join(ALICE, numberedHi(1), numberedHi(2)));
    await mallory.settled();
    const slow = whole('message', { ...about('alice', 'slow'), data: '[3]' });
    mallory.send(join(slow, numberedHi(4), hi(5)), numberedHi(6));
    await mallory.socket.emitWithAck('IS_CLIENT_CONNECTED', {});
    await settled(alice);
    expect(heard).toEqual([1, 2]);
    decide(true);
    await mallory.settled();
    await settled(alice);
    expect(heard).toEqual([1, 2, 3, 4, 5, 6]);
  });

  /** As many records to a frame, of 2 kB each. */
  it.each([1, 10, 400])(
    'R-1 of small messages to a client that does not read, %d to a frame, each arrives or its sender is told',
    async (count) => {
      const relay = await startRelay({ plugin: { limits: { maxQueuedBytes: 200_000 } } });
      const proxy = await startTcpProxy(relay.port);
      const slow = await connected(p2pClientPlugin(rawSocketTo(`http://localhost:${proxy.port}`), 'slow'));
      const { id } = slow;
      const heard: unknown[] = [];
      slow.onMessage(({ args }) => heard.push(args[0]));
      const mallory = await Attacker.connect(relay.url, 'frames');
      const target = definition(2, 'message', about('slow'));
      proxy.stall('down');
      let sent = 0;
      const send = async () => {
        const messages = numbers(1, 400).map(() => numberedHi(++sent, 'x'.repeat(2_000)));
        mallory.send(target);
        while (messages.length > 0) mallory.send(join(...messages.splice(0, count)));
        await mallory.settled();
        return mallory.codes.size;
      };
      await expect.poll(send, { interval: 0, timeout: 20_000 }).toBeGreaterThan(0);
      proxy.resume('down');
      // It may be slow for some time still.
      await expect.poll(() => heard.length + mallory.codes.get('PEER_TOO_SLOW')!).toBe(sent);
      expect([...mallory.codes.keys()]).toEqual(['PEER_TOO_SLOW']);
      expect(heard).toEqual(numbers(1, heard.length));
      // Who tells its sender closes no connection for it.
      expect(relay.server.getSocketIdByClientId('slow')).toBe(id);
    },
  );
});

describe('frames that come as a session begins', () => {
  /** What is sent to alice between the beginning of her session and the moment in which she reads of it, all at once. */
  async function welcomedWith(messages: number, options = {}) {
    const relay = await startRelay();
    const proxy = await startTcpProxy(relay.port);
    const bob = await relay.connect('bob');
    const socket = rawSocketTo(`http://localhost:${proxy.port}`, options);
    const alice = p2pClientPlugin(socket, 'alice');
    const heard: unknown[] = [];
    const losses: unknown[] = [];
    alice.onAny('hi', (_from: string, n: number) => heard.push(n));
    socket.on('disconnect', (reason) => losses.push(reason));
    const meanwhile = async () => {
      await expect.poll(() => relay.server.getAllClientId()).toContain('alice');
      for (let n = 0; n < messages; n++) bob.emitTo('alice', 'hi', n);
      await settled(bob);
      const connected = next(socket, 'connect');
      proxy.resume('down');
      await connected;
      await alice.isClientConnected('alice');
    };
    return { relay, proxy, bob, socket, alice, heard, losses, meanwhile };
  }

  it('CC-2 what comes with the welcome, in one piece, is heard', async () => {
    const { proxy, socket, heard, losses, meanwhile } = await welcomedWith(3);
    socket.io.engine.once('open', () => proxy.stall('down'));
    await meanwhile();
    expect([heard, losses]).toEqual([[0, 1, 2], []]);
  });

  it('CC-2 the same when the client has come again', async () => {
    const { relay, proxy, socket, alice, heard, losses, meanwhile } = await welcomedWith(3);
    await alice.isClientConnected('alice');
    socket.io.once('reconnect_attempt', () => {
      process.nextTick(() => socket.io.engine.once('open', () => proxy.stall('down')));
    });
    const gone = next(socket, 'disconnect');
    relay.server.getSocketByClientId('alice')?.conn.close();
    await gone;
    await expect.poll(() => relay.server.getAllClientId()).not.toContain('alice');
    await meanwhile();
    expect([heard, losses.length]).toEqual([[0, 1, 2], 1]);
  });

  it('CC-2 the same where the application asks the client at its connect', async () => {
    const relay = await startRelay();
    const asked: unknown[] = [];
    relay.server.on('connection', (socket) => {
      const clientId = relay.server.getClientIdBySocketId(socket.id);
      if (clientId !== undefined)
        relay.server.callService(clientId, 'who').then(
          (who) => asked.push(who),
          () => {},
        );
    });
    for (let n = 0; n < 20; n++) {
      const socket = rawSocketTo(relay.url, { reconnection: false });
      const client = p2pClientPlugin(socket, `client-${n}`, { isService: true });
      client.provideService('who', () => n);
    }
    await expect.poll(() => asked.length).toBe(20);
  });
});

describe('an attacker that is written by hand', () => {
  it.each(PACKET_KINDS)('CM-2 of the kind %s is understood where it does as it should', async (kind) => {
    const { relay, alice, heard, arrived } = await scene();
    const mallory = await Attacker.connect(relay.url, kind, 'by-hand');
    for (let n = 0; n < 4; n++) mallory.send(mallory.packet(`[${n}]`, ['message', 'alice', 'hi', 0]));
    mallory.send(mallory.packet(Buffer.from('bytes'), ['message', 'alice', 'hi', 1]));
    const answered = new Promise((resolve) =>
      mallory.onPacket((data, [type, , , id]) => type === 'reply' && id === 7 && resolve(data)),
    );
    mallory.send(mallory.packet('[5]', ['request', 'alice', 0, 7, 1_000, 'hi', 0]));
    expect(await answered).toBe('["yes"]');
    await mallory.settled();
    await arrived();
    expect(heard.map((args) => args.at(-1))).toEqual([0, 1, 2, 3, Buffer.from('bytes'), 5]);
    expect(mallory.lane > 0).toBe(kind === 'frames');
    alice.emitTo(mallory.clientId, 'back', 1);
    await settled(alice);
    await mallory.settled();
    expect(mallory.received.at(-2)?.[2]).toEqual(['message', 'alice', 'back', 0]);
    expect(text('é')).toEqual(Buffer.from([2, 0, 0xc3, 0xa9]));
    expect(frame(258)).toEqual(Buffer.from([0xb2, 2, 1]));
  });
});
