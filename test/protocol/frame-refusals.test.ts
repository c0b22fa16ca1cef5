import { describe, expect, it } from 'vitest';
import { FrameReader, streamOfRecord } from '../../src/protocol/frame-reader.js';
import { isFromClient } from '../../src/protocol/packet.js';
import {
  definition,
  frame,
  hasPayload,
  names,
  numbered,
  numbersOf,
  type PlainPacket,
  record,
  TYPES,
  text,
  uint,
  values,
  whole,
} from './frame-twin.js';
import { MOST, next, readAll, refused, sample } from './plain-packets.js';

describe('records that are refused', () => {
  it('a frame may end anywhere: what is complete is read, a record that is cut off is refused', () => {
    const message = sample('message');
    const records = [definition(2, message), numbered(2, message), whole(sample('open')), whole(next)];
    const complete = [message, sample('open'), next];
    const bytes = frame(1, ...records);
    const ends = records.map((_, index) => frame(1, ...records.slice(0, index + 1)).length);
    for (let length = 0; length < bytes.length; length++) {
      // The definition is no packet.
      const read = complete.slice(0, Math.max(0, ends.filter((end) => end <= length).length - 1));
      const isCut = length > 3 && !ends.includes(length);
      expect(readAll(new FrameReader(), bytes.subarray(0, length))).toEqual(isCut ? [...read, 'PACKET_INVALID'] : read);
    }
  });

  it.each([0, 1, 2, 3, 0x7fff_ffff, 0x8000_0000, 0xffff_fffb, 0xffff_fffc, 0xffff_ffff])(
    'a record of length %i, and nothing after it is read',
    (length) => {
      const wrong = Buffer.concat([uint(length, 4), uint(1, 4), names(next), values(next)]);
      expect(refused(wrong)).toEqual(['PACKET_INVALID']);
      expect(readAll(new FrameReader(), frame(1, whole(next), wrong, whole(next)))).toEqual([next, 'PACKET_INVALID']);
    },
  );

  it('a record that ends where the frame does is read, one that ends a byte later is refused', () => {
    const bytes = frame(1, whole(next));
    expect(readAll(new FrameReader(), bytes)).toEqual([next]);
    bytes.writeUInt32LE(bytes.readUInt32LE(3) + 1, 3);
    expect(readAll(new FrameReader(), bytes)).toEqual(['PACKET_INVALID']);
  });

  it('a frame that was cut off leaves the reader as it was', () => {
    const reader = new FrameReader();
    const message = sample('message');
    readAll(reader, frame(1, definition(2, message)));
    const redefinition = frame(1, definition(2, sample('finish')));
    expect(readAll(reader, redefinition.subarray(0, -1))).toEqual(['PACKET_INVALID']);
    expect(readAll(reader, frame(1, numbered(2, message)))).toEqual([message]);
  });

  it.each([2, 3, 1_025, 1_026, 0x8000_0000, 0xffff_ffff])('a head that was not defined: %i', (head) => {
    expect(refused(numbered(head, sample('message')))).toEqual(['PACKET_INVALID', next]);
  });

  it.each([0, 1, 1_026, 0x1_0002, 0x8000_0002, 0xffff_ffff])('a definition of number %i', (number) => {
    const packet = sample('finish');
    expect(refused(definition(number, packet))).toEqual(['PACKET_INVALID', next]);
    const [first, ...rest] = refused(definition(number, packet), numbered(number, packet));
    expect([first, rest.at(-1)]).toEqual(['PACKET_INVALID', next]);
    expect(rest).not.toContainEqual(packet);
  });

  it('the first and the last number can be defined', () => {
    for (const number of [2, 1_025]) {
      expect(refused(definition(number, next), numbered(number, next))).toEqual([next, next]);
    }
  });

  it.each(TYPES)('%s: cut short or made longer, whole and in its definition, though its length is right', (type) => {
    const packet = sample(type);
    const full = Buffer.concat([names(packet), values(packet)]);
    // Any end of the payload is one.
    const needed = hasPayload(type) ? full.length - '["hi"]'.length : full.length;
    for (let length = 0; length < needed; length++) {
      expect(refused(record(1, full.subarray(0, length)))).toEqual(['PACKET_INVALID', next]);
    }
    const defined = Buffer.concat([uint(2, 4), names(packet)]);
    for (let length = 0; length < defined.length; length++) {
      const found = refused(record(0, defined.subarray(0, length)), numbered(2, packet));
      expect(found).toEqual(['PACKET_INVALID', 'PACKET_INVALID', next]);
    }
    const found = refused(record(0, defined, uint(0, 1)), numbered(2, packet));
    expect(found).toEqual(['PACKET_INVALID', 'PACKET_INVALID', next]);
    for (let length = 0; length < needed - names(packet).length; length++) {
      const short = record(2, values(packet).subarray(0, length));
      expect(refused(definition(2, packet), short)).toEqual(['PACKET_INVALID', next]);
    }
  });

  it.each(TYPES.filter((type) => !hasPayload(type)))('%s: a payload, or any other byte, after its fields', (type) => {
    const packet = sample(type);
    for (const tail of [uint(0, 1), Buffer.from('\0[]'), uint(0, 6)]) {
      expect(refused(record(1, names(packet), values(packet), tail))).toEqual(['PACKET_INVALID', next]);
      expect(refused(definition(2, packet), record(2, values(packet), tail))).toEqual(['PACKET_INVALID', next]);
    }
  });

  it.each(TYPES.filter(hasPayload))('%s: a payload that is missing, or of a format that there is none of', (type) => {
    const packet = sample(type, { payload: { format: 0, data: Buffer.alloc(0) } });
    const before = values(packet).subarray(0, -1);
    const missing = record(1, names(packet), before);
    expect(refused(missing)).toEqual(['PACKET_INVALID', next]);
    // Nor behind the end of the frame.
    expect(readAll(new FrameReader(), frame(1, missing))).toEqual(['PACKET_INVALID']);
    expect(readAll(new FrameReader(), Buffer.concat([frame(1, missing), Buffer.of(0)]).subarray(0, -1))).toEqual([
      'PACKET_INVALID',
    ]);
    for (const format of [0, 1, 2]) {
      expect(refused(record(1, names(packet), before, uint(format, 1)))).toEqual([
        { ...packet, payload: { format, data: Buffer.alloc(0) } },
        next,
      ]);
    }
    for (const format of [3, 4, 128, 255]) {
      const payload = Buffer.concat([uint(format, 1), Buffer.from('[]')]);
      expect(refused(record(1, names(packet), before, payload))).toEqual(['PACKET_INVALID', next]);
      expect(refused(definition(2, packet), record(2, before, payload))).toEqual(['PACKET_INVALID', next]);
    }
  });

  it.each([TYPES.length, TYPES.length + 1, 128, 255])('a type that there is none of: %i', (unknown) => {
    const { room, ...fields } = next;
    const rest = Buffer.concat([text(room as string), values(fields as PlainPacket)]);
    expect(refused(record(1, uint(unknown, 1), rest))).toEqual(['PACKET_INVALID', next]);
    const found = refused(record(0, uint(2, 4), uint(unknown, 1), text('next')), numbered(2, next));
    expect(found).toEqual(['PACKET_INVALID', 'PACKET_INVALID', next]);
  });

  it.each(TYPES)('%s: whole or defined, only where such types are accepted', (type) => {
    const packet = sample(type);
    const reader = new FrameReader((shape) => shape.type !== type);
    const bytes = frame(1, whole(packet), definition(2, packet), numbered(2, packet));
    expect(readAll(reader, bytes)).toEqual(['PACKET_INVALID', 'PACKET_INVALID', 'PACKET_INVALID']);
    const strict = new FrameReader(({ type }) => isFromClient(type));
    expect(readAll(strict, frame(1, whole(packet)))).toEqual(isFromClient(type) ? [packet] : ['PACKET_INVALID']);
  });

  it('a number that is defined as something invalid stands for nothing, until it is defined again', () => {
    const message = sample('message');
    const wrong = [
      record(0, uint(2, 4)),
      record(0, uint(2, 4), uint(255, 1)),
      record(0, uint(2, 4), names(message).subarray(0, -1)),
      record(0, uint(2, 4), names(message), uint(0, 1)),
      definition(2, sample('message', { event: '' })),
      definition(2, sample('message', { peer: '__proto__' })),
      definition(2, sample('message', { event: 'x'.repeat(257) })),
    ];
    for (const redefinition of wrong) {
      const records = [definition(2, message), redefinition, numbered(2, message), definition(2, message)];
      const found = refused(...records, numbered(2, message));
      expect(found).toEqual(['PACKET_INVALID', 'PACKET_INVALID', message, next]);
    }
    const reserved = definition(2, sample('message', { event: 'disconnect' }));
    const found = refused(definition(2, message), definition(3, message), reserved, numbered(2, message));
    expect(found).toEqual(['EVENT_RESERVED', 'PACKET_INVALID', next]);
  });

  it('a definition that names no number changes nothing', () => {
    const message = sample('message');
    const found = refused(definition(2, message), record(0), record(0, Buffer.of(2, 0, 0)), numbered(2, message));
    expect(found).toEqual(['PACKET_INVALID', 'PACKET_INVALID', message, next]);
    const frames = [
      frame(1, definition(2, message), record(0, Buffer.of(2, 0, 0))),
      frame(1, record(0)),
      frame(1, numbered(2, message)),
    ];
    expect(readAll(new FrameReader(), ...frames)).toEqual(['PACKET_INVALID', 'PACKET_INVALID', message]);
  });

  it('the stream of a record is known however wrong the rest of it is', () => {
    const streamsIn = (...records: Uint8Array[]) => {
      const streams: (number | undefined)[] = [];
      new FrameReader().read(frame(1, ...records), {
        packet: (head, place) => streams.push(streamOfRecord(head, place)),
        invalid: (error) => expect(error.code).toBe('PACKET_INVALID'),
      });
      return streams;
    };
    for (const type of TYPES) {
      const isOfStream = numbersOf(type)[0] === 'stream';
      const wrong = record(1, names(sample(type)), uint(MOST, 6));
      expect(streamsIn(wrong, whole(sample(type)))).toEqual(isOfStream ? [MOST, 5] : [undefined, undefined]);
    }
    const short = record(1, names(sample('finish')), uint(5, 5));
    expect(streamsIn(short, whole(sample('finish')))).toEqual([undefined, 5]);
  });
});
