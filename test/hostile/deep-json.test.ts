import { describe, expect, it } from 'vitest';
import { ADD_TARGET } from '../../src/protocol/event-names.js';
import { PACKET_FIELDS, type PacketType } from '../../src/protocol/packet.js';
import { codeOf } from '../support/relay.js';
import { PATIENT } from '../support/topics.js';
import { Attacker, type AttackerKind, PACKET_KINDS, type Written } from './support/attacker.js';
import { atSize, record } from './support/figures.js';
import { whole } from './support/records.js';
import { startRelayProcess } from './support/relay-process.js';
import { connectVictims, enterLobby, TARGETS } from './support/victims.js';

const DEPTHS = atSize([65, 4_100, 100_000], [65, 4_100, 100_000, 450_000]);

/** Where there are hundreds of packets of each. */
const DEPTHS_OF_MANY = atSize([65, 4_100], DEPTHS);

const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

async function scene(kind: AttackerKind) {
  const relay = await startRelayProcess();
  const victims = await connectVictims(relay);
  await enterLobby(victims);
  const mallory = await Attacker.connect(relay.url, kind);
  return { relay, ...victims, mallory };
}

/** For each verb: once in place of the body, and once in each of its fields. */
const PLAIN_FIELDS: Readonly<Record<string, readonly string[]>> = {
  P2P_EMIT: ['"targetClientId":$', '"targetClientId":"#","event":$', '"targetClientId":"#","event":"deep","args":[$]'],
  P2P_EMIT_ACKNOWLEDGE: ['"targetClientId":$', '"targetClientId":"#","event":"deep","args":[$]'],
  MULTI_API_ADD_TARGET: ['"targetClientId":$'],
  JOIN_ROOM: ['"room":$'],
  LEAVE_ROOM: ['"room":$'],
  EMIT_ROOM: ['"room":$', '"room":"lobby","event":$', '"room":"lobby","event":"deep","args":[$]'],
  GET_CLIENT_LIST: ['"any":$'],
  IS_CLIENT_CONNECTED: ['"targetClientId":$'],
  SERVICE_CALL: ['"service":$', '"service":"#","api":$', '"service":"#","api":"echo","args":[$]'],
  SERVICE_LIST: ['"any":$'],
  TOPIC_SUBSCRIBE: ['"service":$', '"service":"#","topic":$'],
  TOPIC_UNSUBSCRIBE: ['"service":$', '"service":"#","topic":$'],
  MULTI_API_CREATE_STREAM: ['"connectionInfo":$', '"connectionInfo":{"targetClientId":"#"},"metadata":$'],
  MULTI_API_STREAM_CHUNK: ['"streamId":$', '"streamId":1,"chunk":$'],
  MULTI_API_STREAM_END: ['"streamId":$'],
  MULTI_API_STREAM_DESTROY: ['"streamId":$', '"streamId":1,"error":$', '"streamId":1,"error":{"message":$}'],
};

function* plainTexts(depth: number, target: string): Generator<string> {
  const value = deep(depth);
  let id = 1_000_000;
  for (const [verb, fields] of Object.entries(PLAIN_FIELDS)) {
    yield `2["${verb}",${value}]`;
    for (const field of fields) {
      const body = field.replace('#', target).replace('$', () => value);
      yield `2["${verb}",{${body}}]`;
      yield `2${id++}["${verb}",{${body}}]`;
    }
  }
  yield `3${id}[${value}]`;
}

/** The fields of packets that are not the matter here. */
const RIGHT: Readonly<Record<string, string>> = {
  peer: '"#"',
  epoch: '0',
  timeout: '1000',
  event: '"deep"',
  room: '"lobby"',
  api: '"echo"',
  topic: '"news"',
  input: '"value"',
  output: '"items"',
  mode: '"objects"',
  credit: '1000',
  probe: '0',
  stream: '5',
  payload: '0',
  count: '1',
  version: '1',
  maxPayload: '1',
  clientId: '"#"',
  secret: '"s"',
};

const TYPES = (Object.keys(PACKET_FIELDS) as PacketType[]).filter((type) => type !== 'hello');

/** Deep in the header, and deep as data: the latter goes through the router to whom it is for. */
function* packetTexts(depth: number, target: string): Generator<string> {
  const value = deep(depth);
  let id = 2_000_000;
  for (const type of TYPES) {
    const fields = PACKET_FIELDS[type].map((field) => (RIGHT[field] ?? `${id++}`).replace('#', target));
    yield `2["P2P","[${value}]",["${type}"${fields.map((field) => `,${field}`).join('')}]]`;
    yield `2["P2P",${value},["${type}"${fields.map((field) => `,${field}`).join('')}]]`;
    yield `2["P2P","[]",["${type}",${value}]]`;
    if (depth <= 4_100) {
      for (const index of fields.keys()) yield `2["P2P","[]",["${type}",${fields.with(index, value)}]]`;
    }
  }
  yield `2["P2P",${value},${value}]`;
  yield `2["P2P",[],[${value}]]`;
  yield `3${id}[${value}]`;
}

/** The same in a frame, where only payloads are JSON and no name is longer than 65,535 bytes. */
function* packetRecords(depth: number, target: string): Generator<Uint8Array> {
  const value = deep(depth);
  let id = 3_000_000;
  for (const type of TYPES) {
    const fields: readonly string[] = PACKET_FIELDS[type];
    const right = Object.fromEntries(
      fields.map((field) => [field, field === 'id' ? id++ : JSON.parse((RIGHT[field] ?? '0').replace('#', target))]),
    );
    for (const data of [`[${value}]`, `[1,${value}]`]) yield whole(type, { ...right, data });
    // Short enough it is a name as good as any.
    if (depth < 4_100) continue;
    for (const field of fields.filter((name) => typeof right[name] === 'string')) {
      yield whole(type, { ...right, [field]: value.slice(0, 65_535), data: '[]' });
    }
  }
}

const LANES: readonly (readonly [AttackerKind, (depth: number, target: string) => Generator<Written>])[] = [
  ['plain', plainTexts],
  ['plugin', packetTexts],
  ['frames', packetRecords],
];

describe('R-1 deep JSON', () => {
  it.each(LANES.flatMap(([kind, texts]) => DEPTHS_OF_MANY.map((depth) => [kind, depth, texts] as const)))(
    'R-1 of a %s client, nested %i deep in any place, ends neither router nor receiver',
    async (kind, depth, texts) => {
      const { relay, mallory, heard, fine } = await scene(kind);
      let count = 0;
      for (const target of TARGETS) {
        count += await mallory.flood(texts(depth, target), depth > 4_100 ? 5 : 50);
        await fine();
      }
      // To ask for a pair takes no data: nobody reads what goes with it.
      const delivered = heard.filter(([, event]) => event !== ADD_TARGET);
      record({
        threat: `deep JSON, ${kind}`,
        size: `${count} packets, depth ${depth}`,
        goal: 'no crash',
        measured: `${delivered.length} delivered, ${mallory.disconnects} times sent away`,
        ok: delivered.length === 0,
      });
      expect(delivered).toEqual([]);
      // Those that ask whether all is well.
      expect(await relay.calls()).toBe(TARGETS.length);
      await relay.stillServes();
    },
  );

  it.each(DEPTHS)('R-1 in an answer, nested %i deep, is an error for the one who asked', async (depth) => {
    const { relay, alice, ben, mallory, fine } = await scene('plain');
    const asked = (event: string) =>
      new Promise<string>((resolve) =>
        mallory.socket.io.engine.on('packet', ({ data }: { data?: string }) => {
          const [, id] = new RegExp(`^2(\\d+)\\["${event}"`).exec(data ?? '') ?? [];
          if (id) resolve(id);
        }),
      );
    mallory.socket.on('one', () => {});
    const one = asked('one');
    const answer = codeOf(alice.emitToWithAck(mallory.clientId, 'one'));
    mallory.send(`3${await one}[${deep(depth)}]`);
    expect(await answer).toBe('PAYLOAD_INVALID');
    const two = asked('two');
    const body = { targetClientId: mallory.clientId, event: 'two' };
    const plainAnswer = ben.emitWithAck('P2P_EMIT_ACKNOWLEDGE', body);
    mallory.send(`3${await two}[${deep(depth)}]`);
    expect(await plainAnswer).toMatchObject({ error: { code: 'PAYLOAD_INVALID' } });
    await fine();
    await relay.stillServes();
  });

  const streams = PACKET_KINDS.flatMap((kind) => DEPTHS.map((depth) => [kind, depth] as const));

  it.each(streams)('R-1 on a stream of a %s client, nested %i deep, fails that stream alone', async (kind, depth) => {
    const { relay, alice, mallory, fine } = await scene(kind);
    const failed: string[] = [];
    alice.onAddP2pStream({ accept: () => true, maxObjectSize: 10_000_000 }, (duplex) => {
      duplex.on('error', (error: Error & { code?: string }) => failed.push(String(error.code)));
      duplex.resume();
    });
    const opened = new Promise((resolve) => mallory.onPacket((_data, [type]) => type === 'opened' && resolve(type)));
    mallory.send(mallory.packet('[]', ['open', 'alice', 0, 9, 10_000, 'objects', 131_072, 0]));
    await opened;
    await mallory.settled();
    // As one packet while there is credit for it; beyond that it is the credit that is broken.
    mallory.send(mallory.packet(`[${deep(depth)}]`, ['data', 9, 0, 0]));
    await expect.poll(() => failed, PATIENT).toHaveLength(1);
    expect(['PAYLOAD_INVALID', 'STREAM_VIOLATION']).toContain(failed[0]);
    await fine();
    await relay.stillServes();
  });
});
