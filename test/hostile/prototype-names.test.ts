import { describe, expect, it } from 'vitest';
import { PACKET_FIELDS, type PacketType } from '../../src/protocol/packet.js';
import { next, rawSocketTo } from '../support/relay.js';
import { Attacker, type AttackerKind, binaryEnvelope, eventText, type Written } from './support/attacker.js';
import { record } from './support/figures.js';
import { definition, join, numbered, whole } from './support/records.js';
import { startRelayProcess } from './support/relay-process.js';
import { connectVictims, enterLobby } from './support/victims.js';

const NAMES = ['__proto__', 'constructor', 'prototype'];

async function scene(frozen = true) {
  const relay = await startRelayProcess({ frozen });
  const victims = await connectVictims(relay);
  await enterLobby(victims);
  const unharmed = async () => {
    await victims.fine();
    expect(await relay.polluted()).toEqual([]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    await relay.stillServes();
  };
  return { relay, ...victims, unharmed };
}

const RIGHT: Readonly<Record<string, unknown>> = {
  peer: 'alice',
  epoch: 0,
  id: 0,
  timeout: 1_000,
  event: 'prototypes',
  room: 'lobby',
  api: 'echo',
  topic: 'news',
  input: 'value',
  output: 'items',
  mode: 'objects',
  credit: 1_000,
  probe: 0,
  stream: 5,
  payload: 0,
  count: 1,
  version: 1,
  maxPayload: 1,
  clientId: 'alice',
  secret: 's',
};

/** Hello, which ends its session, is for connects. */
const TYPES = (Object.keys(PACKET_FIELDS) as PacketType[]).filter((type) => type !== 'hello');

function* packets(name: string): Generator<Written> {
  let id = 1_000;
  for (const type of [...TYPES, name]) {
    const fields: readonly string[] = Object.hasOwn(PACKET_FIELDS, type)
      ? PACKET_FIELDS[type as PacketType]
      : ['peer', 'event', 'payload'];
    const right = fields.map((field) => (field === 'id' ? id++ : RIGHT[field]));
    const written = (header: unknown[], data: unknown = '[]') => eventText('P2P', data, header);
    for (const index of fields.keys()) yield written([type, ...right.with(index, name)]);
    yield written([type, ...right], name);
    yield `2["P2P",${body(name)},${JSON.stringify([type, ...right])}]`;
    yield `2["P2P",${JSON.stringify(`[${body(name)}]`)},${JSON.stringify([type, ...right])}]`;
    yield binaryEnvelope(mixed([[name, 'polluted'], 1]), [type, ...right.slice(0, -1), 2]);
    yield binaryEnvelope(mixed([[0, name, 'polluted'], 1]), [type, ...right.slice(0, -1), 2]);
  }
}

/** In a frame only what is text has room for a name. */
const TEXTS: ReadonlySet<string> = new Set(['peer', 'clientId', 'secret', 'event', 'room', 'api', 'topic']);

function* records(name: string): Generator<Uint8Array> {
  let id = 1_000;
  for (const type of TYPES) {
    const right = { ...RIGHT, id: id++, data: '[]' };
    for (const field of PACKET_FIELDS[type].filter((each) => TEXTS.has(each))) {
      const fields = { ...right, [field]: name };
      yield whole(type, fields);
      yield join(definition(5, type, fields), numbered(5, type, fields));
    }
    yield whole(type, { ...right, data: name });
    yield whole(type, { ...right, data: body(name) });
    yield whole(type, { ...right, data: `[${body(name)}]` });
    yield whole(type, { ...right, payload: 2, data: mixed([[name, 'polluted'], 1]) });
    yield whole(type, { ...right, payload: 2, data: mixed([[0, name, 'polluted'], 1]) });
  }
}

/** As text: JavaScript would not write such a key. */
function body(name: string): string {
  return `{"${name}":{"polluted":true,"${name}":{"polluted":true}},"targetClientId":"alice"}`;
}

function mixed(hole: unknown): Uint8Array {
  const json = Buffer.from(JSON.stringify([[{}], [hole]]));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.byteLength);
  return Buffer.concat([length, json, Buffer.from('x')]);
}

const PLAIN_FIELDS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  P2P_EMIT: { targetClientId: 'alice', event: 'prototypes', args: [] },
  P2P_EMIT_ACKNOWLEDGE: { targetClientId: 'clock', event: 'prototypes', args: [] },
  MULTI_API_ADD_TARGET: { targetClientId: 'alice' },
  JOIN_ROOM: { room: 'other' },
  LEAVE_ROOM: { room: 'other' },
  EMIT_ROOM: { room: 'lobby', event: 'prototypes', args: [] },
  GET_CLIENT_LIST: {},
  IS_CLIENT_CONNECTED: { targetClientId: 'alice' },
  SERVICE_CALL: { service: 'clock', api: 'echo', args: [] },
  SERVICE_LIST: {},
  TOPIC_SUBSCRIBE: { service: 'clock', topic: 'ticks' },
  TOPIC_UNSUBSCRIBE: { service: 'clock', topic: 'ticks' },
  MULTI_API_CREATE_STREAM: { connectionInfo: { targetClientId: 'alice' }, objectMode: true, metadata: {} },
  MULTI_API_STREAM_CHUNK: { streamId: 5, chunk: 'x' },
  MULTI_API_STREAM_END: { streamId: 5 },
  MULTI_API_STREAM_DESTROY: { streamId: 5, error: {} },
};

function* verbs(name: string): Generator<Written> {
  let id = 1_000_000;
  for (const [verb, right] of Object.entries(PLAIN_FIELDS)) {
    const bodies = Object.keys(right).map((field) => JSON.stringify({ ...right, [field]: name }));
    // The key itself, beside the fields and as one of them.
    const inherited = `{"${name}":${JSON.stringify(right)},"polluted":true}`;
    const asArgument = `${JSON.stringify({ ...right, args: undefined }).slice(0, -1)},"args":[${body(name)}]}`;
    for (const written of [...bodies, body(name), inherited, asArgument.replace('{,', '{'), JSON.stringify(name)]) {
      yield `2["${verb}",${written}]`;
      yield `2${id++}["${verb}",${written}]`;
    }
  }
  yield eventText(name, { polluted: true });
}

const LANES = [
  ['plugin', packets],
  ['frames', records],
  ['plain', verbs],
] as const satisfies (readonly [AttackerKind, (name: string) => Generator<Written>])[];

describe('R-1 names of prototypes', () => {
  // Frozen prototypes make an exception of any attempt to change them; the others would show that it succeeds.
  const runs = LANES.flatMap(([kind, written]) => [true, false].map((frozen) => [kind, frozen, written] as const));

  it.each(runs)(
    'R-1 in any field of what a %s client sends pollute and end nothing (frozen: %s)',
    async (kind, frozen, written) => {
      const { relay, unharmed } = await scene(frozen);
      const mallory = await Attacker.connect(relay.url, kind);
      let count = 0;
      for (const name of NAMES) count += await mallory.flood(written(name));
      const polluted = await relay.polluted();
      record({
        threat: `prototype names, ${kind}${frozen ? ', frozen' : ''}`,
        size: `${count} packets`,
        goal: 'none polluted',
        measured: `${polluted.length} polluted`,
        ok: polluted.length === 0,
      });
      await unharmed();
    },
  );

  const placements = NAMES.flatMap((name) => [
    { auth: { clientId: name } },
    { query: { clientId: name } },
    { auth: { clientId: name, p2p: { version: 1, secret: 's' } } },
  ]);

  it('R-1 are refused as client ids', async () => {
    const { relay, unharmed } = await scene();
    for (const placement of placements) {
      const socket = rawSocketTo(relay.url, { ...placement, reconnection: false });
      const [error] = await next<[Error & { data?: { code?: string } }]>(socket, 'connect_error');
      expect(error.data?.code).toBe('CLIENT_ID_INVALID');
      socket.disconnect();
    }
    expect(await relay.clients()).not.toEqual(expect.arrayContaining([expect.stringMatching(/proto|constructor/)]));
    await unharmed();
  });

  it('R-1 as keys in auth are no place for an id', async () => {
    const { relay, unharmed } = await scene();
    for (const name of NAMES) {
      const auth = JSON.parse(`{"${name}":{"clientId":"mallory","polluted":true}}`);
      const socket = rawSocketTo(relay.url, { auth, reconnection: false });
      const [error] = await next<[Error & { data?: { code?: string } }]>(socket, 'connect_error');
      expect(error.data?.code).toBe('CLIENT_ID_REQUIRED');
      socket.disconnect();
    }
    await unharmed();
  });
});
