import fc from 'fast-check';
import { expect } from 'vitest';
import { ByteWriter } from '../../src/protocol/byte-writer.js';
import { FrameReader, readPacket } from '../../src/protocol/frame-reader.js';
import { P2PError } from '../../src/protocol/p2p-error.js';
import { PACKET_FIELDS, type Packet, type PacketType, type PlainFieldName } from '../../src/protocol/packet.js';
import { checkField } from '../../src/protocol/packet-checks.js';
import { Payload } from '../../src/protocol/payload.js';
import { frame, hasPayload, type PlainPacket, type PlainPayload, TYPES, whole } from './frame-twin.js';

export const MOST = 2 ** 48 - 1;

// Many times faster than looking at each byte as a property.
expect.addEqualityTesters([
  (a, b) => (a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) === 0 : undefined),
]);

/** Plain packets as the library has them, and back. */
export function packetOf(plain: PlainPacket): Packet {
  if (!hasPayload(plain.type)) return plain as unknown as Packet;
  const { format, data } = plain.payload as PlainPayload;
  const encoded = { format, data: format === 0 ? Buffer.from(data).toString() : data };
  return { ...plain, payload: Payload.ofEncoded(encoded) } as unknown as Packet;
}

export function plainOf(packet: Packet): PlainPacket {
  if (!('payload' in packet)) return packet as unknown as PlainPacket;
  return { ...packet, payload: plainPayload(packet.payload) } as unknown as PlainPacket;
}

/** Its bytes as they are, whether or not they can be read. */
export function plainPayload(payload: Payload): PlainPayload {
  const writer = new ByteWriter();
  writer.reserve(payload.mostBytes);
  payload.writeTo(writer);
  return { format: payload.format, data: writer.take() };
}

/** What a reader finds in frames: packets, and the codes of what it refuses. */
export function readAll(reader: FrameReader, ...frames: Uint8Array[]): (PlainPacket | string)[] {
  const found: (PlainPacket | string)[] = [];
  const refuse = (error: unknown) => {
    expect(error).toBeInstanceOf(P2PError);
    found.push((error as P2PError).code);
  };
  for (const frame of frames) {
    reader.read(frame, {
      packet(head, place) {
        try {
          found.push(plainOf(readPacket(head, place)));
        } catch (error) {
          refuse(error);
        }
      },
      invalid: refuse,
    });
  }
  return found;
}

const SAMPLE: Record<PlainFieldName, unknown> = {
  peer: 'alice',
  epoch: 3,
  id: 7,
  timeout: 10_000,
  event: 'chat',
  room: 'lobby',
  api: 'sum',
  topic: 'progress',
  input: 'items',
  output: 'items',
  count: 2,
  clientId: 'bob',
  version: 1,
  secret: 'abc',
  maxPayload: 1_000_000,
  frames: 1,
  lane: 4,
  stream: 5,
  mode: 'objects',
  credit: 65_536,
  probe: 6,
};

/** One packet of a type. */
export function sample(type: PacketType, fields: Partial<Record<string, unknown>> = {}): PlainPacket {
  const all = { ...SAMPLE, payload: { format: 0, data: Buffer.from('["hi"]') }, ...fields };
  return { type, ...Object.fromEntries(PACKET_FIELDS[type].map((field) => [field, all[field]])) };
}

/** What follows in a frame, and is read whatever was wrong before. */
export const next = sample('leave', { room: 'next' });

/** What a reader makes of records, some of which are refused, and of one after them. */
export function refused(...records: Uint8Array[]): (PlainPacket | string)[] {
  return readAll(new FrameReader(), frame(1, ...records, whole(next)));
}

function nameUpTo(most: number): fc.Arbitrary<string> {
  return fc.oneof(
    // Few, so that they come again.
    { weight: 4, arbitrary: fc.constantFrom('alice', 'Zoë', '日本', '🦊') },
    { weight: 1, arbitrary: fc.constantFrom('x', '€', '🦊', '\ufffd').map((unit) => unit.repeat(most / unit.length)) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: most / 2 }) },
  );
}

function numberFrom(least: number, most = MOST): fc.Arbitrary<number> {
  const edges = [least, least + 1, 2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, most];
  return fc.oneof(
    fc.constantFrom(...edges.filter((edge) => edge >= least && edge <= most)),
    fc.integer({ min: least, max: most }),
  );
}

const clientId = nameUpTo(128);
const name = nameUpTo(256);
const choice = fc.constantFrom('value', 'items');

const FIELDS: Record<PlainFieldName, fc.Arbitrary<unknown>> = {
  peer: fc.oneof(clientId, fc.constant('')),
  clientId,
  secret: clientId,
  event: name,
  room: name,
  api: name,
  topic: name,
  epoch: fc.oneof(fc.nat(3), numberFrom(0)),
  id: numberFrom(0),
  timeout: numberFrom(1, 2 ** 31 - 1),
  stream: numberFrom(0),
  probe: numberFrom(0),
  credit: numberFrom(0, 16 * 1_048_576),
  count: numberFrom(1),
  version: numberFrom(1),
  maxPayload: numberFrom(1),
  frames: numberFrom(0),
  lane: numberFrom(0, 65_535),
  mode: fc.constantFrom('bytes', 'objects'),
  input: choice,
  output: choice,
};

const bytes = fc.uint8Array({ maxLength: 50 });

export const payloads: fc.Arbitrary<PlainPayload> = fc
  .oneof(
    { weight: 8, arbitrary: fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 3 }) },
    { weight: 8, arbitrary: fc.tuple(bytes) },
    { weight: 8, arbitrary: fc.tuple(fc.record({ a: bytes, b: fc.string({ unit: 'binary' }) }), bytes) },
    { weight: 1, arbitrary: fc.nat(70_000).map((size) => [Buffer.alloc(size, 0xb2)]) },
    { weight: 1, arbitrary: fc.nat(40_000).map((size) => ['é'.repeat(size)]) },
  )
  .map((args) => plainPayload(Payload.encode(args)));

function isValid(type: PacketType, field: PlainFieldName, value: unknown): boolean {
  try {
    checkField(type, field, value);
    return true;
  } catch {
    return false;
  }
}

/** A valid packet of a type. */
function packetOfType(type: PacketType): fc.Arbitrary<PlainPacket> {
  const fields = PACKET_FIELDS[type].map((field) => [
    field,
    field === 'payload' ? payloads : FIELDS[field].filter((value) => isValid(type, field, value)),
  ]);
  return fc.record({ type: fc.constant(type), ...Object.fromEntries(fields) }) as fc.Arbitrary<PlainPacket>;
}

export const packets: fc.Arbitrary<PlainPacket> = fc.oneof(...TYPES.map(packetOfType));
