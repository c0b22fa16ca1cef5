import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEnvelope, writeEnvelope } from '../../src/protocol/envelope.js';
import { FrameReader, readPacket } from '../../src/protocol/frame-reader.js';
import { FrameWriter } from '../../src/protocol/frame-writer.js';
import { P2PError } from '../../src/protocol/p2p-error.js';
import { PACKET_FIELDS, type Packet } from '../../src/protocol/packet.js';
import { checkField } from '../../src/protocol/packet-checks.js';
import {
  definition,
  frame,
  names,
  type PlainPacket,
  record,
  TwinReader,
  TwinWriter,
  TYPES,
  text,
  uint,
  values,
  whole,
} from './frame-twin.js';
import { packets, plainOf, readAll } from './plain-packets.js';

describe('whatever comes', () => {
  /** Reads what may be anything, and looks at all that comes out. @returns whether nothing was refused */
  const readAnything = (reader: FrameReader, bytes: Uint8Array) => {
    let visits = 0;
    const read: PlainPacket[] = [];
    let isGood = true;
    const refuse = (error: unknown) => {
      isGood = false;
      expect(error).toBeInstanceOf(P2PError);
      expect(['PACKET_INVALID', 'EVENT_RESERVED', 'ROOM_RESERVED', 'CLIENT_ID_INVALID']).toContain(
        (error as P2PError).code,
      );
    };
    const before = Buffer.from(bytes);
    reader.read(bytes, {
      packet: (head, place) => {
        visits++;
        try {
          const packet = readPacket(head, place);
          expectValid(packet);
          read.push(plainOf(packet));
        } catch (error) {
          refuse(error);
        }
      },
      invalid: (error) => {
        visits++;
        refuse(error);
      },
    });
    expect(before).toEqual(bytes);
    // Each takes a header at least, but for one that is cut off.
    expect(visits).toBeLessThanOrEqual(Math.max(0, bytes.byteLength - 3) / 8 + 1);
    return { isGood, read };
  };

  /** It keeps the rules of its fields, and can be passed on in either form. */
  const expectValid = (packet: Packet) => {
    const fields = PACKET_FIELDS[packet.type];
    expect(new Set(Object.keys(packet))).toEqual(new Set(['type', ...fields]));
    for (const field of fields) {
      if (field !== 'payload') checkField(packet.type, field, packet[field as keyof Packet]);
    }
    if ('payload' in packet) {
      expect([0, 1, 2]).toContain(packet.payload.format);
      try {
        expect(Array.isArray(packet.payload.args)).toBe(true);
      } catch (error) {
        expect((error as P2PError).code).toBe('PAYLOAD_INVALID');
      }
    }
    // There, what is no UTF-8 in JSON becomes U+FFFD.
    const inEnvelope = readEnvelope(...writeEnvelope(packet));
    expect({ ...inEnvelope, payload: null }).toEqual({ ...packet, payload: null });
    const writer = new FrameWriter(1);
    writer.add(packet);
    expect(readAll(new FrameReader(), writer.take()!)).toEqual([plainOf(packet)]);
  };

  const anyName = fc.oneof(
    fc.constantFrom('alice', 'chat', '__proto__', 'disconnect', '').map((name) => text(name)),
    fc.uint8Array({ maxLength: 6 }).map((bytes) => text(bytes)),
    fc.uint8Array({ maxLength: 4 }),
  );
  const anyNumber = fc.oneof(
    fc.nat(4).map((value) => uint(value, 6)),
    fc.uint8Array({ minLength: 6, maxLength: 6 }),
    fc.uint8Array({ maxLength: 7 }),
  );
  const anyCode = fc.oneof(fc.nat(TYPES.length), fc.nat(255)).map((code) => uint(code, 1));
  const anyHead = fc.oneof(fc.nat(5), fc.constantFrom(1_025, 1_026, 0xffff_ffff));
  const anyBody = fc.array(fc.oneof(anyName, anyNumber, fc.constant(uint(1, 1))), { maxLength: 7 });
  const anyRecord = fc.oneof(
    fc.tuple(anyHead, anyCode, anyBody).map(([head, code, body]) => record(head, code, ...body)),
    fc.tuple(anyHead, anyBody).map(([head, body]) => record(head, ...body)),
    fc
      .tuple(fc.nat(5), anyCode, anyBody)
      .map(([number, code, body]) => record(0, uint(number, 4), code, ...body.slice(0, 3))),
    packets.map(whole),
    packets.map((packet) => definition(2, packet)),
  );

  it('arbitrary bytes after the header of a frame', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }), (bodies) => {
        const reader = new FrameReader();
        for (const body of bodies) readAnything(reader, frame(1, body));
      }),
      { numRuns: 500 },
    );
  });

  it('arbitrary records of the right length: what is read the twin reads too, in one frame or in many', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 12 }), (records) => {
        const [reader, twin] = [new FrameReader(), new TwinReader()];
        for (const record of records) {
          const bytes = frame(1, record);
          const { isGood, read } = readAnything(reader, bytes);
          if (isGood) expect(read).toEqual(twin.read(bytes));
        }
        const apart = new FrameReader();
        const foundApart = records.flatMap((record) => readAll(apart, frame(1, record)));
        expect(readAll(new FrameReader(), frame(1, ...records))).toEqual(foundApart);
      }),
      { numRuns: 800 },
    );
  });

  it('frames with bytes that were changed, cut out or doubled; what is read without a complaint the twin reads too', () => {
    const change = fc.record({
      how: fc.constantFrom('flip', 'set', 'cut', 'double', 'end'),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.integer({ min: 1, max: 20 }),
      value: fc.oneof(fc.nat(255), fc.nat(4)),
    });
    const apply = (
      bytes: Buffer,
      { how, at, length, value }: { how: string; at: number; length: number; value: number },
    ) => {
      // The header of the frame is not the reader's matter.
      const from = Math.min(bytes.length - 1, 3 + Math.floor(at * (bytes.length - 3)));
      const [before, part, after] = [
        bytes.subarray(0, from),
        bytes.subarray(from, from + length),
        bytes.subarray(from + length),
      ];
      if (how === 'cut') return Buffer.concat([before, after]);
      if (how === 'double') return Buffer.concat([before, part, part, after]);
      if (how === 'end') return before.length < 3 ? bytes : before;
      const changed = Buffer.from(bytes);
      changed[from] = how === 'set' ? value : changed[from]! ^ (1 << (value & 7));
      return changed;
    };
    const small = packets.filter((packet) => values(packet).length < 200 && names(packet).length < 200);
    const lists = fc.array(fc.array(small, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(lists, fc.array(fc.tuple(fc.nat(2), change), { minLength: 1, maxLength: 4 }), (lists, changes) => {
        const writer = new TwinWriter();
        const [reader, twin] = [new FrameReader(), new TwinReader()];
        let isAllGood = true;
        lists.forEach((list, index) => {
          let bytes = writer.frame(1, list);
          for (const [which, change] of changes) if (which === index) bytes = apply(bytes, change);
          const { isGood, read } = readAnything(reader, bytes);
          isAllGood &&= isGood;
          if (isAllGood) expect(read).toEqual(twin.read(bytes));
        });
      }),
      { numRuns: 1_000 },
    );
  });
});
