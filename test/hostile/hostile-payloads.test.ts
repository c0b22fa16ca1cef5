import { describe, expect, it } from 'vitest';
import { PATIENT } from '../support/topics.js';
import { Attacker, PACKET_KINDS, type Written } from './support/attacker.js';
import { record } from './support/figures.js';
import { startRelayProcess } from './support/relay-process.js';
import { layTrap } from './support/trap.js';
import { connectVictims, enterLobby, TARGETS } from './support/victims.js';

/** A payload that nobody honest would write. */
interface HostilePayload {
  readonly name: string;
  /** As JSON; what is no byte has no place in a frame. */
  readonly format: string;
  /** Text is JSON for a string; bytes become an attachment. In a frame both are bytes. */
  readonly data: string | Uint8Array;
}

const TEXTS: Readonly<Record<string, string>> = {
  'no JSON': 'not json',
  nothing: '',
  'a number': '5',
  null: 'null',
  'an object': '{"length":3}',
  'an open list': '[1,',
  '256 arguments': JSON.stringify(Array(256).fill(1)),
  '100,000 arguments': JSON.stringify(Array(100_000).fill(1)),
  'numbers beyond all bounds': '[1e999,-1e999,123456789012345678901234567890,1e-999]',
  'half a surrogate pair': '["\\ud800","\\udfff\\ud800"]',
  'zeros and line separators': '["\\u0000\\u2028\\u2029"]',
  'a placeholder': '[{"_placeholder":true,"num":0},{"_placeholder":true,"num":99}]',
  'a prototype': '[{"__proto__":{"polluted":true},"constructor":{"prototype":1},"toJSON":1,"then":1}]',
  'what is no function': '[{"then":"x","toString":1,"valueOf":1,"length":-1,"callee":1}]',
  'an error': '[{"code":"INTERNAL","message":5,"details":7,"stack":"x"}]',
  'the error of a prototype': '[{"code":"__proto__","message":"constructor","details":{"__proto__":1}}]',
};

function mixed(json: string, bytes = 'bytes', length = Buffer.byteLength(json)): Uint8Array {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(length);
  return Buffer.concat([head, Buffer.from(json), Buffer.from(bytes)]);
}

const MIXED: Readonly<Record<string, Uint8Array>> = {
  nothing: Buffer.alloc(0),
  'half a length': Buffer.alloc(3),
  'a length alone': Buffer.from([255, 255, 255, 255]),
  'more JSON than there is': mixed('[[],[]]', '', 1_000),
  'no JSON': mixed('not json'),
  'JSON that is no UTF-8': Buffer.concat([
    Buffer.from([6, 0, 0, 0]),
    Buffer.from([0x5b, 0x22, 0xff, 0xfe, 0x22, 0x5d]),
  ]),
  'no list': mixed('{}'),
  null: mixed('null'),
  'no holes': mixed('[[1]]'),
  'holes that are none': mixed('[[null],[1,null,"x",{}]]'),
  'a hole without a way': mixed('[[null],[[[],5]]]'),
  'a hole in a prototype': mixed('[[{}],[[[0,"__proto__"],5]]]'),
  'a hole beyond a prototype': mixed('[[{}],[[[0,"constructor","prototype","polluted"],5]]]'),
  'a hole that is filled': mixed('[["full"],[[[0],5]]]'),
  'one hole twice': mixed('[[null],[[[0],2],[[0],3]]]'),
  'a hole of negative length': mixed('[[null],[[[0],-5]]]'),
  'a hole of no whole length': mixed('[[null],[[[0],1.5]]]'),
  'a hole that is too long': mixed('[[null],[[[0],1000000000]]]'),
  'a hole too short for what comes': mixed('[[null],[[[0],1]]]'),
  'a way that is no list': mixed('[[null],["0",5]]'),
  'a way through null': mixed('[[null],[[[0,0,0],5]]]'),
  '256 arguments': mixed(`[${JSON.stringify(Array(256).fill(null))},[[[0],5]]]`),
  'a placeholder beside bytes': mixed('[[{"_placeholder":true,"num":7},null],[[[1],5]]]'),
};

const PAYLOADS: readonly HostilePayload[] = [
  ...Object.entries(TEXTS).map(([name, data]) => ({ name: `text, ${name}`, format: '0', data })),
  ...Object.entries(MIXED).map(([name, data]) => ({ name: `mixed, ${name}`, format: '2', data })),
  { name: 'bytes, none', format: '1', data: Buffer.alloc(0) },
  { name: 'bytes that are no text', format: '1', data: Buffer.from([0xff, 0xfe, 0x00]) },
  ...['3', '-1', '255', '1e300', '"0"', 'null', '[]', '{}', 'true'].flatMap((format) => [
    { name: `text of format ${format}`, format, data: '[1]' },
    { name: `bytes of format ${format}`, format, data: mixed('[[1],[]]', '') },
  ]),
  ...['1', '2'].map((format) => ({ name: `text of format ${format}`, format, data: '[1]' })),
  { name: 'bytes of format 0', format: '0', data: Buffer.from('[1]') },
];

/** Only bytes can be no text. */
const IN_FRAMES: readonly HostilePayload[] = [
  ...PAYLOADS.filter(({ format }) => isByte(JSON.parse(format))),
  { name: 'text that is no UTF-8', format: '0', data: Buffer.from([0x5b, 0x22, 0xff, 0xfe, 0x22, 0x5d]) },
  { name: 'half of a character', format: '0', data: Buffer.from([0x5b, 0x22, 0xe2, 0x82, 0x22, 0x5d]) },
  {
    name: 'half a surrogate pair as UTF-8',
    format: '0',
    data: Buffer.from([0x5b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x5d]),
  },
  { name: 'a byte order mark', format: '0', data: Buffer.from([0xef, 0xbb, 0xbf, 0x5b, 0x31, 0x5d]) },
  { name: 'UTF-16', format: '0', data: Buffer.from('[1]', 'utf16le') },
];

function isByte(format: unknown): boolean {
  return Number.isInteger(format) && (format as number) >= 0 && (format as number) <= 0xff;
}

type PacketKind = (typeof PACKET_KINDS)[number];

const PAYLOADS_OF: Readonly<Record<PacketKind, readonly HostilePayload[]>> = { plugin: PAYLOADS, frames: IN_FRAMES };

/** Everything that carries a payload towards somebody, and wants an answer where that is possible. */
const LANES: Readonly<Record<string, (target: string, id: number) => unknown[]>> = {
  message: (target) => ['message', target, 'hostile'],
  request: (target, id) => ['request', target, 0, id, 1_000, 'hostile'],
  'room-message': () => ['room-message', 'lobby', 'hostile'],
  call: (target, id) => ['call', target, 0, id, 1_000, 'echo', 'value'],
  open: (target, id) => ['open', target, 0, id, 1_000, 'objects', 131_072],
  publish: () => ['publish', 'trap'],
  'publish-wait': (_target, id) => ['publish-wait', id, 1_000, 'trap'],
};

function packet(attacker: Attacker, header: readonly unknown[], { format, data }: HostilePayload): Written {
  if (attacker.lane > 0) return attacker.packet(data, [...header, Number(format)]);
  const fields = JSON.stringify(header).slice(1, -1);
  if (typeof data === 'string') return `2["P2P",${JSON.stringify(data)},[${fields},${format}]]`;
  return [`51-["P2P",{"_placeholder":true,"num":0},[${fields},${format}]]`, data];
}

function nextRequest(attacker: Attacker): Promise<unknown[]> {
  return new Promise((resolve) => {
    const stop = attacker.onPacket((_data, header) => {
      if (header[0] !== 'request') return;
      stop();
      resolve(header);
    });
  });
}

async function scene(kind: PacketKind) {
  const relay = await startRelayProcess();
  const victims = await connectVictims(relay);
  const { alice } = victims;
  await enterLobby(victims);
  alice.provideService('echo', (...args) => args);
  alice.onAddP2pStream((duplex) => {
    duplex.on('error', () => {});
    duplex.resume();
  });
  const mallory = await Attacker.connect(relay.url, kind);
  return { relay, ...victims, mallory, payloads: PAYLOADS_OF[kind] };
}

/** Mallory has a topic, to which everybody subscribes. */
async function trapAll({ alice, ben, dora, relay, mallory }: Awaited<ReturnType<typeof scene>>): Promise<void> {
  await layTrap(relay, mallory);
  const body = { service: mallory.clientId, topic: 'trap' };
  expect(await ben.emitWithAck('TOPIC_SUBSCRIBE', body)).toEqual({ args: [] });
  for (const victim of [alice, dora]) await victim.subscribeTopic(mallory.clientId, 'trap', () => {}).ready;
}

describe('R-1 payloads that would harm their receiver', () => {
  const lanes = PACKET_KINDS.flatMap((kind) =>
    Object.entries(LANES).map(([lane, write]) => [kind, lane, write] as const),
  );

  it.each(lanes)('R-1 of a %s client by %s leave everyone connected and answering', async (kind, lane, write) => {
    const all = await scene(kind);
    const { relay, mallory, payloads, fine } = all;
    await trapAll(all);
    let id = 1_000;
    for (const target of TARGETS) {
      await mallory.flood(payloads.map((payload) => packet(mallory, write(target, id++), payload)));
      await fine();
    }
    const threat = `payload that kills its receiver, ${kind}, ${lane}`;
    const size = `${payloads.length} payloads, ${TARGETS.length} receivers`;
    const measured = `all connected, ${mallory.disconnects} times sent away`;
    record({ threat, size, goal: 'all connected', measured, ok: true });
    expect(await relay.polluted()).toEqual([]);
    await relay.stillServes();
  });

  it.each(PACKET_KINDS)('R-1 in answers of a %s client are errors for the one who asked', async (kind) => {
    const { relay, alice, ben, mallory, payloads, fine } = await scene(kind);
    const answered: unknown[] = [];
    const settled = (outcome: unknown) => answered.push(outcome);
    let asked = 0;
    for (const payload of payloads) {
      for (const type of ['reply', 'reject']) {
        const asking = nextRequest(mallory);
        alice.with({ timeout: 2_000 }).emitToWithAck(mallory.clientId, 'ask').then(settled, settled);
        const header = await asking;
        asked++;
        const names = ['alice', header[2], header[3]];
        // What cannot be read answers nothing: that comes afterwards.
        mallory.send(packet(mallory, [type, ...names], payload), mallory.packet('[]', ['reply', ...names, 0]));
        await mallory.settled();
      }
    }
    const body = { targetClientId: mallory.clientId, event: 'ask' };
    for (const payload of payloads) {
      const asking = nextRequest(mallory);
      ben.emitWithAck('P2P_EMIT_ACKNOWLEDGE', body).then(settled, settled);
      const header = await asking;
      asked++;
      const reply = ['reply', 'ben', header[2], header[3]];
      mallory.send(packet(mallory, reply, payload), mallory.packet('[]', [...reply, 0]));
      await mallory.settled();
    }
    await expect.poll(() => answered.length, PATIENT).toBe(asked);
    await fine();
    await relay.stillServes();
  });

  it.each(PACKET_KINDS)('R-1 on a stream of a %s client fail that stream alone', async (kind) => {
    const { relay, mallory, payloads, fine } = await scene(kind);
    let id = 5_000;
    for (const payload of payloads) {
      for (const type of ['data', 'part']) {
        for (const mode of ['objects', 'bytes']) {
          mallory.send(mallory.packet('[]', ['open', 'alice', 0, ++id, 1_000, mode, 131_072, 0]));
          await mallory.settled();
          mallory.send(packet(mallory, [type, id, 0], payload), mallory.packet(null, ['finish', id]));
        }
      }
    }
    await mallory.settled();
    await fine();
    await relay.stillServes();
  });

  const plainArguments = [
    '[{"_placeholder":true,"num":0}]',
    '[1e999,-1e999,1e-999]',
    '["\\ud800"]',
    `[${Array(256).fill(1)}]`,
    '{"length":1}',
    '[{"then":1,"toJSON":1,"__proto__":{"polluted":1}}]',
  ];

  it('R-1 of a client without the plugin leave everyone connected and answering', async () => {
    const { relay, fine } = await scene('plugin');
    const mallory = await Attacker.connect(relay.url, 'plain');
    let id = 1_000_000;
    for (const target of TARGETS) {
      for (const args of plainArguments) {
        const to = `"targetClientId":"${target}","event":"hostile","args":${args}`;
        const bytes = `"targetClientId":"${target}","event":"hostile","args":[{"_placeholder":true,"num":0},${args}]`;
        mallory.send(
          `2["P2P_EMIT",{${to}}]`,
          `2${id++}["P2P_EMIT_ACKNOWLEDGE",{${to}}]`,
          `2["EMIT_ROOM",{"room":"lobby",${to}}]`,
          `2${id++}["SERVICE_CALL",{"service":"${target}","api":"echo","args":${args}}]`,
          [`51-["P2P_EMIT",{${bytes}}]`, Buffer.from([0xff])],
          [`51-${id++}["P2P_EMIT_ACKNOWLEDGE",{${bytes}}]`, Buffer.from([0xff])],
          [`51-["EMIT_ROOM",{"room":"lobby",${bytes}}]`, Buffer.from([0xff])],
        );
        await mallory.settled();
      }
      await fine();
    }
    expect(await relay.polluted()).toEqual([]);
    await relay.stillServes();
  });
});
