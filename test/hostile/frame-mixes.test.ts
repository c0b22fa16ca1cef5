import { createHash } from 'node:crypto';
import type { Socket } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { p2pClientPlugin } from '../../src/client/p2p-client-plugin.js';
import { FULL_FRAME, LARGE_PAYLOAD } from '../../src/protocol/limits.js';
import { encodePayload } from '../../src/protocol/payload-codec.js';
import { record as rawRecord } from '../protocol/frame-twin.js';
import {
  connected,
  ENVELOPES,
  plainSettled,
  rawSocketTo,
  settled,
  startRelay,
  type TestClient,
  type TestRelay,
} from '../support/relay.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { Attacker } from './support/attacker.js';
import { atSize, record } from './support/figures.js';
import { pick, randomNumbers } from './support/random.js';
import {
  codeOf,
  definition,
  FIRST_HEAD,
  type Fields,
  HEAD_COUNT,
  join,
  numbered,
  u8,
  WHOLE,
  whole,
} from './support/records.js';

type Random = (below: number) => number;

/** Who sent it, the event, and the arguments; of much, what tells it from all else. */
type Heard = readonly [from: string, event: string, ...args: unknown[]];

/** Most bytes of a frame: what is larger is not taken by the server at all. */
const MOST = 900_000;

function told(value: unknown): unknown {
  const isMuch = value instanceof Uint8Array || (typeof value === 'string' && value.length > 100);
  if (!isMuch) return value;
  const hash = createHash('sha1')
    .update(value as string)
    .digest('hex');
  return `${value instanceof Uint8Array ? 'bytes' : 'text'} ${value.length} ${hash}`;
}

/** Some text of which no part is like another. */
function textOf(random: Random, length: number): string {
  let text = '';
  while (text.length < length) text += random(2 ** 32).toString(36);
  return text.slice(0, length);
}

/** As arguments, these are as long as what is passed on where it lies, or not quite. */
const AROUND_LARGE = Array.from({ length: 40 }, (_, n) => LARGE_PAYLOAD - 30 + n);

/** Around the lengths at which something else begins, and any. */
function lengthOf(random: Random): number {
  const edges = [0, 1, 23, 24, 25, 1_000, FULL_FRAME, 65_536, ...AROUND_LARGE];
  return random(3) ? random(300) : random(4) ? pick(random, edges) : random(120_000);
}

function argumentsOf(random: Random, n: number): unknown[] {
  const length = lengthOf(random);
  switch (random(4)) {
    case 0:
      return [Buffer.from(`${n} ${textOf(random, length)}`)];
    case 1:
      return [n, { bytes: Buffer.from(textOf(random, length)) }, 'é€𝄞'];
    default:
      return [n, textOf(random, length)];
  }
}

/** Everyone to whom something is sent, however it gets there. */
interface Receivers {
  /** By client id, all that was heard, in order. */
  readonly heard: Map<string, Heard[]>;
  /** All that was sent before has arrived. */
  arrived(): Promise<void>;
}

const FRAMED = ['alice', 'bob', 'polly'] as const;
const TARGETS = [...FRAMED, 'dora', 'ben'] as const;

async function receivers(relay: TestRelay): Promise<Receivers> {
  const polling = { transports: ['polling'] };
  const clients: TestClient[] = [
    await relay.connect('alice'),
    await relay.connect('bob'),
    await relay.connect('polly', polling),
    await relay.connect('dora', {}, ENVELOPES),
  ];
  const ben = await relay.connectPlain('ben');
  const heard = new Map<string, Heard[]>(TARGETS.map((target) => [target, []]));
  for (const { clientId, onMessage, errors, joinRoom } of clients) {
    onMessage(({ from, event, args, ack }) => {
      heard.get(clientId)!.push([from, event, ...args.map(inner)]);
      ack?.(...args);
    });
    await joinRoom('lobby');
    onTestFinished(() => expect(errors).toEqual([]));
  }
  ben.onAny((event: string, from: string, ...args: unknown[]) => {
    const ack = typeof args.at(-1) === 'function' ? (args.pop() as (...results: unknown[]) => void) : undefined;
    heard.get('ben')!.push([from, event, ...args.map(inner)]);
    ack?.(...args);
  });
  await ben.emitWithAck('JOIN_ROOM', { room: 'lobby' });
  const arrived = async () => {
    await settled(...clients);
    await plainSettled(ben as Socket);
    expect(clients.map((client) => client.connected)).toEqual([true, true, true, true]);
    expect(relay.logged).toEqual([]);
  };
  return { heard, arrived };
}

/** Bytes may be within an object. */
function inner(value: unknown): unknown {
  const isObject = typeof value === 'object' && value !== null && 'bytes' in value;
  return isObject ? { bytes: told(value.bytes) } : told(value);
}

/** Writes frames of anything to anyone, and knows what is to come of it. */
class Mixer {
  /** By target, what it is to hear from this one. */
  readonly expected = new Map<string, Heard[]>(TARGETS.map((target) => [target, []]));
  /** By id, the arguments with which a request is to be answered. */
  readonly answers = new Map<number, unknown[]>();
  /** What it sent itself, in order. */
  readonly own: Heard[] = [];
  refused = 0;
  readonly #attacker: Attacker;
  readonly #random: Random;
  readonly #numbers = new Map<number, string>();
  #count = 0;

  constructor(attacker: Attacker, random: Random) {
    this.#attacker = attacker;
    this.#random = random;
  }

  /** The records of one frame. */
  frame(): Uint8Array {
    const records: Uint8Array[] = [];
    let size = 0;
    for (let left = 1 + this.#random(40); left > 0 && size < MOST; left--) {
      const written = this.#record();
      size += written.byteLength;
      if (size < MOST) records.push(written);
      else this.#takeBack();
    }
    return join(...records);
  }

  #takeBack: () => void = () => {};

  #record(): Uint8Array {
    switch (this.#random(12)) {
      case 0:
        return this.#request();
      case 1:
        return this.#toRoom();
      case 2:
        return this.#wrong();
      case 3:
        return this.#toSelf();
      default:
        return this.#message(pick(this.#random, TARGETS));
    }
  }

  #message(target: string): Uint8Array {
    const args = argumentsOf(this.#random, ++this.#count);
    const event = pick(this.#random, ['hi', 'ho', 'é']);
    this.#expect(target, event, args);
    return this.#write('message', { peer: target, event, ...payloadOf(args) });
  }

  #request(): Uint8Array {
    const target = pick(this.#random, TARGETS);
    const args = argumentsOf(this.#random, ++this.#count);
    const id = this.#count;
    this.#expect(target, 'ask', args);
    this.answers.set(id, args.map(inner));
    const undo = this.#takeBack;
    this.#takeBack = () => {
      undo();
      this.answers.delete(id);
    };
    const fields = { peer: target, epoch: 0, id, timeout: 30_000, event: 'ask', ...payloadOf(args) };
    return this.#write('request', fields);
  }

  #toRoom(): Uint8Array {
    const args = argumentsOf(this.#random, ++this.#count);
    const undone = TARGETS.map((target) => {
      this.#expect(target, 'to all', args);
      return this.#takeBack;
    });
    this.#takeBack = () => undone.forEach((undo) => void undo());
    return this.#write('room-message', { room: 'lobby', event: 'to all', ...payloadOf(args) });
  }

  #toSelf(): Uint8Array {
    const args = argumentsOf(this.#random, ++this.#count);
    const { clientId } = this.#attacker;
    this.own.push([clientId, 'self', ...args.map(inner)]);
    this.#takeBack = () => void this.own.pop();
    return this.#write('message', { peer: clientId, event: 'self', ...payloadOf(args) });
  }

  /** Refused each time, and with it nothing else. */
  #wrong(): Uint8Array {
    const peer = pick(this.#random, ['alice', 'nobody']);
    const args = argumentsOf(this.#random, ++this.#count);
    this.refused++;
    this.#takeBack = () => {
      this.refused--;
    };
    return pick(this.#random, [
      () => whole('message', { peer: 'nobody', event: 'hi', ...payloadOf(args) }),
      () => whole('message', { peer, event: 'disconnect', ...payloadOf(args) }),
      () => whole('message', { peer, event: 'hi', ...payloadOf(args), payload: 3 }),
      () => this.#write('message', { peer, event: 'hi', ...payloadOf(args), payload: 255 }),
      () => rawRecord(FIRST_HEAD + HEAD_COUNT - 1, Buffer.alloc(lengthOf(this.#random))),
      () => rawRecord(WHOLE, u8(codeOf('publication')), Buffer.alloc(lengthOf(this.#random), 'x')),
      () => definition(0, 'message', { peer: 'alice', event: 'hi' }),
    ])();
  }

  #expect(target: string, event: string, args: readonly unknown[]): void {
    const list = this.expected.get(target)!;
    list.push([this.#attacker.clientId, event, ...args.map(inner)]);
    this.#takeBack = () => void list.pop();
  }

  /** With a number that stands for it, one that is given anew, or without. */
  #write(type: 'message' | 'request' | 'room-message', fields: Fields): Uint8Array {
    const about = JSON.stringify([type, fields.peer, fields.event]);
    const number = FIRST_HEAD + this.#random(8);
    const undo = this.#takeBack;
    if (this.#random(4) === 0) return whole(type, fields);
    if (this.#numbers.get(number) === about) return numbered(number, type, fields);
    const before = this.#numbers.get(number);
    this.#numbers.set(number, about);
    this.#takeBack = () => {
      undo();
      if (before === undefined) this.#numbers.delete(number);
      else this.#numbers.set(number, before);
    };
    return join(definition(number, type, fields), numbered(number, type, fields));
  }
}

function payloadOf(args: readonly unknown[]): { readonly payload: number; readonly data: string | Uint8Array } {
  const { format, data } = encodePayload(args);
  return { payload: format, data };
}

/** Sends what cannot be mistaken for anything else, at the same time. */
class Bystander {
  readonly expected = new Map<string, Heard[]>(TARGETS.map((target) => [target, []]));
  readonly #client: TestClient;
  readonly #random: Random;
  #count = 0;

  constructor(client: TestClient, random: Random) {
    this.#client = client;
    this.#random = random;
  }

  sendSome(): void {
    for (let n = 0; n < this.#random(10); n++) {
      const target = pick(this.#random, TARGETS);
      const args = argumentsOf(this.#random, --this.#count);
      this.#client.emitTo(target, 'honest', ...args);
      this.expected.get(target)!.push([this.#client.clientId, 'honest', ...args.map(inner)]);
    }
  }
}

/** What one sender has sent is there, in its order, and nothing else. */
function expectExactly(heard: Receivers['heard'], expected: Receivers['heard'], sender: string): void {
  for (const target of TARGETS) {
    const fromSender = heard.get(target)!.filter(([from]) => from === sender);
    expect([target, fromSender]).toEqual([target, expected.get(target)]);
  }
}

const SEEDS = Array.from({ length: atSize(6, 200) }, (_, n) => n + 1);
const FRAMES = atSize(25, 50);
/** None of these is the matter here. */
const LIMITS = { violationBurst: 1e9, bytesPerSecond: 1e10, byteBurst: 1e10, maxQueuedBytes: 1e9, packetBurst: 1e9 };

describe('R-1 frames in which everything is mixed', () => {
  it.each(SEEDS)(
    'R-1 CM-2 reach each target exactly as they were written, and change nothing for others (%i)',
    async (seed) => {
      // Every second time a websocket compresses: nothing goes as the frame that was made for it.
      const socketIo = seed % 2 ? {} : { perMessageDeflate: { threshold: 0 } };
      const relay = await startRelay({ socketIo, plugin: { limits: LIMITS } });
      const { heard, arrived } = await receivers(relay);
      const mallory = await Attacker.connect(relay.url, 'frames');
      const answered = new Map<number, unknown[]>();
      const own: Heard[] = [];
      const honest = await relay.connect('honest');
      const random = randomNumbers(seed);
      const bystander = new Bystander(honest, random);
      const mixer = new Mixer(mallory, random);
      mallory.onPacket((data, header) => {
        const [type, from, event, id, format] = header as [string, string, string, number, number];
        if (type === 'message') own.push([from, event, ...decoded(data, header.at(-1) as number)]);
        if (type === 'reply' && from !== '') answered.set(id, decoded(data, format));
      });
      for (let n = 0; n < FRAMES; n++) {
        mallory.send(mixer.frame());
        bystander.sendSome();
        if (random(4) === 0) await settled(honest);
      }
      await mallory.settled();
      await settled(honest);
      await arrived();
      expectExactly(heard, mixer.expected, mallory.clientId);
      expectExactly(heard, bystander.expected, 'honest');
      await expect.poll(() => answered.size).toBe(mixer.answers.size);
      expect(new Map([...answered].sort(([a], [b]) => a - b))).toEqual(mixer.answers);
      expect(own).toEqual(mixer.own);
      expect([...mallory.codes.values()].reduce((sum, count) => sum + count, 0)).toBe(mixer.refused);
      expect([mallory.disconnects, honest.errors]).toEqual([0, []]);
      const size = [...mixer.expected.values()].reduce((sum, list) => sum + list.length, 0);
      record({
        threat: 'mixed frames',
        size: `${FRAMES} frames`,
        goal: 'exact',
        measured: `${size} messages`,
        ok: true,
      });
    },
  );

  it('R-1 CM-2 are the same for a target that does not read for a time', async () => {
    const relay = await startRelay({ plugin: { limits: LIMITS } });
    const proxy = await startTcpProxy(relay.port);
    const slow = await connected(p2pClientPlugin(rawSocketTo(`http://localhost:${proxy.port}`), 'slow'));
    const heard: unknown[] = [];
    slow.onMessage(({ from, event, args }) => heard.push([from, event, ...args.map(inner)]));
    const mallory = await Attacker.connect(relay.url, 'frames');
    const random = randomNumbers(99);
    const expected: unknown[] = [];
    proxy.stall('down');
    for (let n = 0; n < 200; n++) {
      // A large one first in its frame, or within it, and others around it.
      const records = Array.from({ length: 1 + random(4) }, () => {
        const args = [expected.length, textOf(random, random(2) ? 50 : LARGE_PAYLOAD + random(30_000))];
        const fields = { peer: 'slow', event: 'hi', ...payloadOf(args) };
        expected.push([mallory.clientId, 'hi', ...args.map(inner)]);
        return random(2)
          ? whole('message', fields)
          : join(definition(2, 'message', fields), numbered(2, 'message', fields));
      });
      // Whoever writes to memory that is waiting somewhere overwrites it with this.
      const noise = whole('message', {
        peer: 'nobody',
        event: 'x',
        payload: 1,
        data: Buffer.alloc(LARGE_PAYLOAD, 0xaa),
      });
      mallory.send(join(...records, noise), noise);
    }
    await mallory.settled();
    proxy.resume('down');
    await settled(slow);
    expect(heard).toEqual(expected);
    expect(slow.errors).toEqual([]);
  });
});

function decoded(data: unknown, format: number): unknown[] {
  const bytes = typeof data === 'string' ? data : Buffer.from(data as Uint8Array);
  if (format === 1) return [told(bytes)];
  if (format === 0) return (JSON.parse(bytes as string) as unknown[]).map(inner);
  return decodeMixed(bytes as Buffer).map(inner);
}

/** Bytes are only in one place of what is sent here. */
function decodeMixed(bytes: Buffer): unknown[] {
  const end = 4 + bytes.readUInt32LE(0);
  const [args] = JSON.parse(bytes.subarray(4, end).toString()) as [unknown[]];
  return [args[0], { bytes: bytes.subarray(end) }, args[2]];
}
