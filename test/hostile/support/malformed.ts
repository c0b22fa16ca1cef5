import { type FieldName, PACKET_FIELDS, type PacketType, ROUTER_PACKETS } from '../../../src/protocol/packet.js';
import { eventText, type Written } from './attacker.js';
import { pick } from './random.js';

type Random = (below: number) => number;

/** One way to be wrong. */
export interface MalformedKind {
  readonly name: string;
  write(random: Random): Written;
}

const LONG = 'x'.repeat(300);
const NO_TEXT = ['null', 'true', '0', '-1', '1.5', '1e300', '""', '[]', '{}', `"${LONG}"`];
const NO_COUNT = ['null', 'true', '-1', '1.5', '1e300', '9007199254740993', '""', '"1"', '[]', '[1]', '{}'];
const NO_CHOICE = [...NO_TEXT, '"x"', '"__proto__"', '"Bytes"'];
const NO_FORMAT = ['null', 'true', '-1', '1', '2', '3', '255', '1e300', '"0"', '[0]', '{}'];

/** What is never right for a field. */
const WRONG: Readonly<Record<FieldName, readonly string[]>> = {
  peer: NO_TEXT.filter((value) => value !== '""'),
  clientId: NO_TEXT,
  secret: NO_TEXT,
  event: [...NO_TEXT, '"disconnect"', '"P2P_EMIT"'],
  room: [...NO_TEXT, '"p2p:room"', '"abcdefghij0123456789"'],
  api: NO_TEXT,
  topic: NO_TEXT,
  epoch: NO_COUNT,
  id: NO_COUNT,
  stream: NO_COUNT,
  probe: NO_COUNT,
  count: [...NO_COUNT, '0'],
  version: [...NO_COUNT, '0'],
  maxPayload: [...NO_COUNT, '0'],
  frames: NO_COUNT,
  lane: [...NO_COUNT, '65536'],
  timeout: [...NO_COUNT, '0', '2147483648'],
  credit: [...NO_COUNT, '16777217'],
  mode: NO_CHOICE,
  input: NO_CHOICE,
  output: NO_CHOICE,
  payload: NO_FORMAT,
};

/** What would be right, and reach alice. */
const RIGHT: Readonly<Record<FieldName, string>> = {
  peer: '"alice"',
  clientId: '"alice"',
  secret: '"secret"',
  event: '"malformed"',
  room: '"lobby"',
  api: '"are you fine"',
  topic: '"news"',
  epoch: '0',
  id: '77',
  stream: '5',
  probe: '0',
  count: '1',
  version: '1',
  maxPayload: '1',
  frames: '0',
  lane: '0',
  timeout: '1000',
  credit: '1000',
  mode: '"bytes"',
  input: '"value"',
  output: '"items"',
  payload: '0',
};

const text = (data: string, header: readonly string[]) => `2["P2P",${data},[${header}]]`;

const rightOf = (type: PacketType) => [`"${type}"`, ...PACKET_FIELDS[type].map((field) => RIGHT[field])];

/** What a client sends; those that only the server sends are wrong whatever they hold. */
function kindsOf(type: PacketType): MalformedKind[] {
  const right = rightOf(type);
  const fields = PACKET_FIELDS[type].map((field, index) => ({
    name: `${type}, its ${field}`,
    write: (random: Random) => text('"[]"', right.with(index + 1, pick(random, WRONG[field]))),
  }));
  const shorter = (random: Random) => right.toSpliced(1 + random(right.length - 1), 1);
  const kinds = [...fields, { name: `${type}, a field too many`, write: () => text('"[]"', [...right, '0']) }];
  if (fields.length > 0) {
    kinds.push({ name: `${type}, a field too few`, write: (random) => text('"[]"', shorter(random)) });
  }
  if (!right.includes(RIGHT.payload)) return kinds;
  const noData = ['null', 'true', '0', '-1', '1e300', '[]', '{}', '["[]"]'];
  return [...kinds, { name: `${type}, its data`, write: (random) => text(pick(random, noData), right) }];
}

const ENVELOPES: readonly MalformedKind[] = [
  { name: 'no header', write: (random) => `2["P2P","[]",${pick(random, NO_CHOICE)}]` },
  { name: 'no type', write: (random) => text('"[]"', [pick(random, NO_CHOICE), '"alice"', '"malformed"', '0']) },
  { name: 'nothing at all', write: () => '2["P2P"]' },
  { name: 'with an ack', write: (random) => `2${random(1e9)}["P2P","[]",["message","alice"]]` },
  { name: 'a fake ack', write: (random) => `3${random(1e9)}["forged"]` },
  { name: 'a huge ack', write: () => '39007199254740993["forged"]' },
  { name: 'an ack with binary', write: () => ['61-5[{"_placeholder":true,"num":0}]', Buffer.from('forged')] },
  {
    name: 'a packet of the server',
    write: (random) => text('"[]"', rightOf(pick(random, ROUTER_PACKETS))),
  },
];

/** Everything that a plugin client can get wrong, but for `hello`, which ends its session. */
export const MALFORMED_PACKETS: readonly MalformedKind[] = [
  ...(Object.keys(PACKET_FIELDS) as PacketType[]).filter((type) => type !== 'hello').flatMap(kindsOf),
  ...ENVELOPES,
];

export const MALFORMED_HELLOS: readonly MalformedKind[] = kindsOf('hello');

const NO_BODY_TEXT = [null, true, 0, -1, 1e300, '', [], {}, LONG];

/** The verbs of plain clients, with the fields that each cannot do without. */
const PLAIN_FIELDS: Readonly<Record<string, readonly string[]>> = {
  P2P_EMIT: ['targetClientId', 'event', 'args'],
  P2P_EMIT_ACKNOWLEDGE: ['targetClientId', 'event', 'args'],
  MULTI_API_ADD_TARGET: ['targetClientId'],
  JOIN_ROOM: ['room'],
  LEAVE_ROOM: ['room'],
  EMIT_ROOM: ['room', 'event', 'args'],
  IS_CLIENT_CONNECTED: ['targetClientId'],
  SERVICE_CALL: ['service', 'api', 'args'],
  TOPIC_SUBSCRIBE: ['service', 'topic'],
  TOPIC_UNSUBSCRIBE: ['service', 'topic'],
  MULTI_API_CREATE_STREAM: ['connectionInfo', 'objectMode'],
  MULTI_API_STREAM_CHUNK: ['streamId', 'chunk'],
  MULTI_API_STREAM_END: ['streamId'],
  MULTI_API_STREAM_DESTROY: ['streamId', 'error'],
};

const PLAIN_RIGHT: Readonly<Record<string, unknown>> = {
  targetClientId: 'alice',
  event: 'malformed',
  args: [],
  room: 'lobby',
  service: 'alice',
  api: 'are you fine',
  topic: 'news',
  connectionInfo: { targetClientId: 'alice' },
  objectMode: false,
  streamId: 5,
  chunk: 'x',
  error: {},
};

/** `args` may be left out, but not be anything else than a list. */
const wrongFor = (field: string): readonly unknown[] => {
  if (field === 'args') return [null, true, 0, -1, 'x', {}, { length: 3 }];
  if (field === 'objectMode') return [null, 0, -1, 'x', [], {}];
  return field === 'streamId' ? [null, true, 1.5, 1e300, '', [], {}] : NO_BODY_TEXT;
};

function plainKindsOf([verb, fields]: [verb: string, fields: readonly string[]]): MalformedKind[] {
  const right = Object.fromEntries(fields.map((field) => [field, PLAIN_RIGHT[field]]));
  const wrongBody = {
    name: `${verb}, its body`,
    write: (random: Random) => eventText(verb, pick(random, NO_BODY_TEXT)),
  };
  const kinds = fields.map((field) => ({
    name: `${verb}, its ${field}`,
    write: (random: Random) => {
      const written = eventText(verb, { ...right, [field]: pick(random, wrongFor(field)) });
      return random(2) ? written : written.replace('2', `2${1e6 + random(1e6)}`);
    },
  }));
  return [...kinds, wrongBody];
}

/** Everything that a plain client can get wrong. */
export const MALFORMED_VERBS: readonly MalformedKind[] = [
  ...Object.entries(PLAIN_FIELDS).flatMap(plainKindsOf),
  {
    name: 'an ack left out',
    write: () => eventText('P2P_EMIT_ACKNOWLEDGE', { targetClientId: 'alice', event: 'malformed' }),
  },
  { name: 'a packet', write: () => text('"[]"', ['"message"', '"alice"', '"malformed"', '0']) },
  { name: 'a fake ack', write: (random) => `3${random(1e9)}["forged"]` },
];

/** What Socket.IO itself closes the connection for. */
export const BROKEN_TEXTS: readonly Written[] = [
  '',
  '2',
  '2[',
  '2{}',
  '2[]',
  '2[1]',
  '2[null]',
  '2["P2P"',
  '2"P2P"',
  '2-1["P2P"]',
  '2["connect"]',
  '2["disconnect"]',
  '3',
  '3[',
  '31{}',
  '4"x"',
  '5',
  '51',
  '51-',
  '51-2["P2P",{"_placeholder":true,"num":1}]',
  ['51-["P2P",{"_placeholder":true,"num":-1}]', Buffer.from('x')],
  ['51-["P2P",{"_placeholder":true,"num":"0"}]', Buffer.from('x')],
  ['51-["P2P",{"_placeholder":true}]', Buffer.from('x')],
  '7["x"]',
  '9',
  'x',
  '\u0000',
  '0',
  '0[]',
  '0"x"',
  '0{',
  '2/bogus,["x"]',
];
