import { PACKET_FIELDS, type PacketType, ROUTER_PACKETS } from '../../../src/protocol/packet.js';
import { frame, record as rawRecord } from '../../protocol/frame-twin.js';
import type { Written } from './attacker.js';
import type { MalformedKind } from './malformed.js';
import { pick } from './random.js';
import {
  body,
  codeOf,
  DEFINE,
  definition,
  FIRST_HEAD,
  type Fields,
  HEAD_COUNT,
  join,
  names,
  numbered,
  text,
  u8,
  u16,
  u32,
  u48,
  WHOLE,
  whole,
} from './records.js';

type Random = (below: number) => number;

/** What would be right, and reach alice. */
const RIGHT: Fields = {
  peer: 'alice',
  clientId: 'alice',
  secret: 'secret',
  event: 'malformed',
  room: 'lobby',
  api: 'are you fine',
  topic: 'news',
  epoch: 0,
  id: 77,
  stream: 5,
  probe: 0,
  count: 1,
  version: 1,
  maxPayload: 1,
  frames: 0,
  lane: 0,
  timeout: 1_000,
  credit: 1_000,
  mode: 'bytes',
  input: 'value',
  output: 'items',
  payload: 0,
  data: '[]',
};

/** What is never right for a field of a frame. */
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  peer: ['x'.repeat(129), '\n', '\u007f', '__proto__', 'constructor', 'prototype', 'x'.repeat(60_000)],
  clientId: ['', 'x'.repeat(129), '\u0000', '__proto__', 'x'.repeat(60_000)],
  event: ['', 'x'.repeat(257), 'x'.repeat(60_000), 'disconnect', 'error', 'P2P', 'P2P_EMIT', 'SERVER_ERROR', 'TOPIC_X'],
  room: ['', 'x'.repeat(257), 'p2p:room', 'abcdefghij0123456789'],
  api: ['', 'x'.repeat(257)],
  topic: ['', 'x'.repeat(257)],
  mode: [u8(2), u8(0xff)],
  input: [u8(2), u8(0xff)],
  output: [u8(2), u8(0xff)],
  timeout: [0, 2_147_483_648, 2 ** 48 - 1],
  credit: [16_777_217, 2 ** 48 - 1],
  payload: [3, 4, 0x30, 0xff],
};

/** What a client may send; hello has no place in a frame. */
const TYPES = (Object.keys(PACKET_FIELDS) as PacketType[]).filter(
  (type) => !(ROUTER_PACKETS as readonly PacketType[]).includes(type) && type !== 'hello',
);

const MESSAGE = whole('message', RIGHT);
const NAMES = names('message', RIGHT);
const BODY = body('message', RIGHT);

/** One head of this number is all that is left of what it has stood for. */
const undo = (number: number) => rawRecord(DEFINE, u32(number));

/** With its length as it is told to be. */
const sized = (length: number, ...parts: readonly Uint8Array[]) => join(u32(length), ...parts);

const anyHead = (random: Random) => FIRST_HEAD + random(HEAD_COUNT);

/** Of one type: each field that can be wrong, and what is too short and too long. */
function kindsOf(type: PacketType): MalformedKind[] {
  const fields: readonly string[] = PACKET_FIELDS[type];
  const written = whole(type, RIGHT);
  const end = written.byteLength;
  const wrong = fields.flatMap((field) => {
    const values = WRONG[field];
    if (!values) return [];
    const write = (random: Random) => whole(type, { ...RIGHT, [field]: pick(random, values) });
    return [{ name: `frame: ${type}, its ${field}`, write }];
  });
  // To where its payload begins, which may be empty.
  const needed = fields.includes('payload') ? end - 2 : end;
  const shorter = (random: Random) => cut(written, 9 + random(needed - 9));
  const kinds = [...wrong];
  if (needed > 9) kinds.push({ name: `frame: ${type}, cut off within its record`, write: shorter });
  if (fields.includes('payload')) return kinds;
  return [...kinds, { name: `frame: ${type}, with a payload`, write: () => cut(join(written, u8(0)), end + 1) }];
}

/** So much of a record, whose length says so. */
function cut(written: Uint8Array, length: number): Uint8Array {
  return join(u32(length - 4), written.subarray(4, length));
}

const LENGTHS: readonly MalformedKind[] = [
  { name: 'frame: nothing in it', write: () => new Uint8Array(0) },
  { name: 'frame: a length that is cut off', write: (random) => MESSAGE.subarray(0, 1 + random(3)) },
  { name: 'frame: a length alone', write: (random) => u32(random(3) ? random(2 ** 32) : 0) },
  { name: 'frame: a head that is cut off', write: (random) => MESSAGE.subarray(0, 5 + random(3)) },
  { name: 'frame: a record that is cut off', write: (random) => MESSAGE.subarray(0, 8 + random(MESSAGE.length - 8)) },
  { name: 'frame: a length of none', write: () => join(sized(0), MESSAGE) },
  { name: 'frame: a length without room for a head', write: (random) => join(sized(1 + random(3)), MESSAGE) },
  { name: 'frame: records of one byte', write: () => join(...Array(5_000).fill(sized(1, u8(0)))) },
  { name: 'frame: a length beyond all', write: (random) => sized(2 ** 32 - 1 - random(8), u32(WHOLE), NAMES, BODY) },
  {
    name: 'frame: a length beyond the sign',
    write: (random) => sized(2 ** 31 - 4 + random(9), u32(WHOLE), NAMES, BODY),
  },
  { name: 'frame: a length that is one too long', write: () => sized(MESSAGE.length - 3, MESSAGE.subarray(4)) },
  { name: 'frame: a length without the last name', write: () => sized(4 + 1 + 7, MESSAGE.subarray(4)) },
  { name: 'frame: big endian', write: () => join(Buffer.from(MESSAGE.subarray(0, 4)).reverse(), MESSAGE.subarray(4)) },
];

const HEADS: readonly MalformedKind[] = [
  { name: 'frame: a head that was never defined', write: (random) => rawRecord(1_000 + random(26), BODY) },
  { name: 'frame: a head that cannot be', write: (random) => rawRecord(FIRST_HEAD + HEAD_COUNT + random(5), BODY) },
  { name: 'frame: the largest head', write: () => rawRecord(2 ** 32 - 1, BODY) },
  {
    name: 'frame: a head that was taken back',
    write: (random) => {
      const number = anyHead(random);
      return join(definition(number, 'message', RIGHT), undo(number), numbered(number, 'message', RIGHT));
    },
  },
  {
    name: 'frame: a head that was defined wrongly, after it was right',
    write: (random) => {
      const number = anyHead(random);
      const wrong = definition(number, 'message', { ...RIGHT, event: pick(random, WRONG.event!) });
      return join(definition(number, 'message', RIGHT), wrong, numbered(number, 'message', RIGHT));
    },
  },
  {
    name: 'frame: a head of another type than its body',
    write: (random) => join(definition(7, 'request', RIGHT), numbered(7, pick(random, ['message', 'offer']), RIGHT)),
  },
  { name: 'frame: a definition of nothing', write: (random) => rawRecord(DEFINE, u32(9).subarray(0, random(4))) },
  { name: 'frame: a definition without a type', write: () => rawRecord(DEFINE, u32(9)) },
  { name: 'frame: a definition of number 0', write: () => join(definition(DEFINE, 'message', RIGHT)) },
  { name: 'frame: a definition of number 1', write: () => join(definition(WHOLE, 'message', RIGHT)) },
  {
    name: 'frame: a definition of a number beyond the last',
    write: (random) => definition(FIRST_HEAD + HEAD_COUNT + random(3), 'message', RIGHT),
  },
  { name: 'frame: a definition of the largest number', write: () => definition(2 ** 32 - 1, 'message', RIGHT) },
  { name: 'frame: a definition with something after it', write: () => rawRecord(DEFINE, u32(9), NAMES, u8(0)) },
  { name: 'frame: a definition that is a packet', write: () => rawRecord(DEFINE, u32(9), NAMES, BODY) },
  {
    name: 'frame: a definition of an unknown type',
    write: (random) => rawRecord(DEFINE, u32(9), u8(200 + random(56)), NAMES.subarray(1)),
  },
  {
    name: 'frame: a definition of a type of the server',
    write: (random) => definition(9, pick(random, ROUTER_PACKETS), RIGHT),
  },
  {
    name: 'frame: a definition whose name is wrong',
    write: (random) => definition(9, 'message', { ...RIGHT, event: pick(random, WRONG.event!) }),
  },
  {
    name: 'frame: definitions of everything, wrongly',
    write: () =>
      join(...Array.from({ length: 200 }, (_, n) => definition(FIRST_HEAD + n, 'message', { ...RIGHT, event: '' }))),
  },
];

const TYPES_AND_NAMES: readonly MalformedKind[] = [
  { name: 'frame: no type', write: () => rawRecord(WHOLE) },
  {
    name: 'frame: an unknown type',
    write: (random) => rawRecord(WHOLE, u8(200 + random(56)), NAMES.subarray(1), BODY),
  },
  { name: 'frame: a type of the server', write: (random) => whole(pick(random, ROUTER_PACKETS), RIGHT) },
  {
    name: 'frame: a type of the server that is all there is',
    write: (random) => rawRecord(WHOLE, u8(codeOf(pick(random, ROUTER_PACKETS)))),
  },
  { name: 'frame: a name longer than its record', write: () => rawRecord(WHOLE, u8(0), text('alice', 65_535), BODY) },
  {
    name: 'frame: a name of the largest length',
    write: () => rawRecord(WHOLE, u8(0), text('x'.repeat(65_535)), text('malformed'), BODY),
  },
  { name: 'frame: a name that is one too long', write: () => rawRecord(WHOLE, u8(0), text('alice', 6), text('x')) },
  { name: 'frame: a name without a length', write: () => rawRecord(WHOLE, u8(0), u8(5)) },
  { name: 'frame: an epoch that is cut off', write: () => rawRecord(WHOLE, u8(1), text('alice'), u48(0).subarray(1)) },
  {
    name: 'frame: a name of lone surrogates',
    write: (random) => {
      const peer = Buffer.from([0xed, 0xa0 + random(32), 0x80, ...Array(150).fill(0x80)]);
      return whole('message', { ...RIGHT, peer });
    },
  },
  {
    name: 'frame: a name of overlong zeros',
    write: () => whole('message', { ...RIGHT, peer: Buffer.alloc(200, '\xc0\x80', 'latin1') }),
  },
];

const OTHERS: readonly MalformedKind[] = [
  { name: 'frame: noise', write: (random) => noise(random, 1 + random(200)) },
  { name: 'frame: noise of a right length', write: (random) => rawRecord(random(2 ** 32), noise(random, random(100))) },
  { name: 'frame: noise as a packet', write: (random) => rawRecord(WHOLE, u8(255), noise(random, random(100))) },
  { name: 'frame: a frame', write: () => frame(1, MESSAGE) },
  { name: 'frame: a frame within a record', write: () => rawRecord(1_020, frame(1, MESSAGE)) },
  { name: 'frame: an envelope', write: () => Buffer.from('2["P2P","[]",["message","alice","malformed",0]]') },
  { name: 'frame: an envelope as a record', write: () => rawRecord(1_021, Buffer.from('["message","alice","x",0]')) },
  { name: 'frame: zeros', write: (random) => Buffer.alloc(1 + random(2_000)) },
  { name: 'frame: ones', write: (random) => Buffer.alloc(1 + random(2_000), 0xff) },
  { name: 'frame: many that are wrong', write: () => join(...Array(300).fill(rawRecord(1_022))) },
];

/** Whatever can be wrong within a frame of one's own. */
export const MALFORMED_FRAMES: readonly MalformedKind[] = [
  ...LENGTHS,
  ...HEADS,
  ...TYPES_AND_NAMES,
  ...OTHERS,
  ...TYPES.flatMap(kindsOf),
];

/** Bytes that are for none of the lanes that the sender has: Socket.IO closes the connection. */
export const STRAY_FRAMES: Readonly<Record<string, Written>> = {
  'no byte': [new Uint8Array(0)],
  'one byte': [Buffer.from([0xb2])],
  'half of a lane': [Buffer.from([0xb2, 1])],
  'another mark': [join(u8(0xb1), u16(1), MESSAGE)],
  'no mark': [MESSAGE],
  'lane 0': [frame(0, MESSAGE)],
  'a lane that is another client’s': [frame(2, MESSAGE)],
  'the largest lane': [frame(65_535, MESSAGE)],
  'a lane in big endian': [join(u8(0xb2), [0, 1], MESSAGE)],
};

/** Each kind once, then any. */
export function* malformed(kinds: readonly MalformedKind[], count: number, random: Random): Generator<Written> {
  for (let n = 0; n < count; n++) yield (kinds[n] ?? pick(random, kinds)).write(random);
}

function noise(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random(256));
}
