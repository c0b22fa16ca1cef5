import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, type Head, type RecordPlace, readPacket } from '../../src/protocol/frame-reader.js';
import { FrameWriter } from '../../src/protocol/frame-writer.js';
import { P2PError } from '../../src/protocol/p2p-error.js';
import type { PacketOf } from '../../src/protocol/packet.js';
import { Payload } from '../../src/protocol/payload.js';
import { definition, frame, numbered, type PlainPayload, TwinWriter, whole } from './frame-twin.js';
import { packetOf, payloads, plainOf, plainPayload, readAll, sample } from './plain-packets.js';

/** All packets of a frame with their places, before any is read. */
function placesIn(reader: FrameReader, bytes: Uint8Array): { head: Head; place: RecordPlace }[] {
  const places: { head: Head; place: RecordPlace }[] = [];
  reader.read(bytes, {
    packet: (head, place) => places.push({ head, place }),
    invalid: (error) => {
      throw error;
    },
  });
  return places;
}

function payloadAt({ head, place }: { head: Head; place: RecordPlace }): Payload {
  return (readPacket(head, place) as PacketOf<'message'>).payload;
}

describe('payloads in frames', () => {
  it('each kind of payload is written alike, however it was made', () => {
    const args = [{ a: 'é', b: Buffer.from([1, 2]) }];
    const json = ['🦊', 1];
    const { place } = placesIn(new FrameReader(), frame(1, whole(sample('error'))))[0]!;
    const made: [Payload, PlainPayload][] = [
      [Payload.encode(json), { format: 0, data: Buffer.from('["🦊",1]') }],
      [Payload.ofArguments(json), { format: 0, data: Buffer.from('["🦊",1]') }],
      [Payload.encode([]), { format: 0, data: Buffer.from('[]') }],
      [Payload.ofEncoded({ format: 1, data: new Uint8Array(0) }), { format: 1, data: Buffer.alloc(0) }],
      [Payload.ofBytes(new Uint8Array([7])), { format: 1, data: Buffer.of(7) }],
      [Payload.encode([new Uint16Array([1, 2])]), { format: 1, data: Buffer.of(1, 0, 2, 0) }],
      [Payload.encode(args), plainPayload(Payload.encode(args))],
      [Payload.ofArguments(args), plainPayload(Payload.encode(args))],
      [
        Payload.ofFrame(0, { frame: place.frame, start: place.end - 6, end: place.end, free: 0 }),
        { format: 0, data: Buffer.from('["hi"]') },
      ],
      [
        Payload.ofError(new P2PError('TIMEOUT', 'é')),
        { format: 0, data: Buffer.from('[{"code":"TIMEOUT","message":"é","details":{}}]') },
      ],
    ];
    for (const [payload, plain] of made) {
      const { byteLength } = plain.data;
      // Before its size was asked for, which is remembered.
      expect([payload.isAtLeast(byteLength + 1), payload.isAtLeast(byteLength)]).toEqual([false, true]);
      const writer = new FrameWriter(1);
      writer.add({ type: 'error', payload });
      expect(Buffer.from(writer.take()!)).toEqual(new TwinWriter().frame(1, [sample('error', { payload: plain })]));
      expect([payload.format, payload.size]).toEqual([plain.format, plain.data.byteLength]);
      expect(payload.mostBytes).toBeGreaterThanOrEqual(byteLength);
    }
  });

  it('what arrived in a frame has the arguments that were sent, and is written on without change', () => {
    fc.assert(
      fc.property(payloads, fc.boolean(), (plain, wasRead) => {
        const sent = packetOf(sample('message', { payload: plain })) as PacketOf<'message'>;
        const [arrived] = placesIn(new FrameReader(), frame(1, whole(plainOf(sent)))).map(payloadAt) as [Payload];
        if (wasRead) expect(arrived.args).toEqual(sent.payload.args);
        const on = { ...sent, payload: arrived, peer: 'bob' };
        const writer = new FrameWriter(2);
        writer.add(on);
        writer.add(on);
        const expected = sample('message', { payload: plain, peer: 'bob' });
        expect(readAll(new FrameReader(), writer.take()!)).toEqual([expected, expected]);
        expect(arrived.size).toBe(plain.data.byteLength);
      }),
      { numRuns: 200 },
    );
  });

  it('also where it is no such payload at all: nobody looks at it', () => {
    const garbage = fc.record({
      format: fc.nat(2),
      data: fc.uint8Array({ maxLength: 40 }).map((it) => Buffer.from(it)),
    });
    fc.assert(
      fc.property(garbage, fc.boolean(), (plain, wasRead) => {
        const [arrived] = placesIn(new FrameReader(), frame(1, whole(sample('error', { payload: plain })))).map(
          payloadAt,
        ) as [Payload];
        if (wasRead) expect(arrived.error).toBeInstanceOf(P2PError);
        const writer = new FrameWriter(2);
        writer.add({ type: 'error', payload: arrived });
        expect(Buffer.from(writer.take()!)).toEqual(new TwinWriter().frame(2, [sample('error', { payload: plain })]));
      }),
    );
  });

  it('binary arguments are views of the frame, not copies', () => {
    const bytes = frame(1, whole(sample('message', { payload: { format: 1, data: Buffer.from('abc') } })));
    const [payload] = placesIn(new FrameReader(), bytes).map(payloadAt) as [Payload];
    const [argument] = payload.args as [Uint8Array];
    expect(argument.buffer).toBe(bytes.buffer);
    expect(Buffer.from(argument).toString()).toBe('abc');
  });
});

describe('room before a payload', () => {
  const payload = { format: 0, data: Buffer.from('["hi",1]') };
  const packet = sample('request', { payload });
  /** Length, head, id, timeout, format. */
  const OWN = 4 + 4 + 6 + 6 + 1;

  /** A reader that knows `packet` by number 2, and what it finds in a frame. */
  const arrivedIn = (...records: Uint8Array[]) => {
    const reader = new FrameReader();
    readAll(reader, frame(1, definition(2, packet)));
    // No Buffer, whose `slice` is a view too.
    return placesIn(reader, new Uint8Array(frame(1, ...records)));
  };

  it('the first record of a frame has all before it, the header of the frame too, and once', () => {
    const [first] = arrivedIn(numbered(2, packet), numbered(2, packet)).map(payloadAt) as [Payload];
    expect(first.takeWithRoom(3 + OWN + 1)).toBeUndefined();
    const taken = first.takeWithRoom(3 + OWN)!;
    expect(Buffer.from(taken.subarray(3 + OWN)).toString()).toBe('["hi",1]');
    expect(taken.byteLength).toBe(3 + OWN + payload.data.byteLength);
    expect(first.takeWithRoom(3 + OWN)).toBeUndefined();
    expect(first.takeWithRoom(1)).toBeUndefined();
  });

  it('any other has its own header, and nothing of the record before it', () => {
    const [, other] = arrivedIn(numbered(2, packet), numbered(2, packet)).map(payloadAt) as [Payload, Payload];
    expect(other.takeWithRoom(OWN + 1)).toBeUndefined();
    expect(other.takeWithRoom(OWN)!.byteLength).toBe(OWN + payload.data.byteLength);
    expect(other.takeWithRoom(1)).toBeUndefined();
  });

  it('one after a definition is not the first, one in full has the room of its names', () => {
    const [after] = arrivedIn(definition(3, packet), numbered(3, packet)).map(payloadAt) as [Payload];
    expect([after.takeWithRoom(OWN + 1), after.takeWithRoom(OWN)?.byteLength]).toEqual([undefined, OWN + 8]);
    const named = OWN + 1 + (2 + 'alice'.length) + 6 + (2 + 'chat'.length);
    const [, full] = arrivedIn(numbered(2, packet), whole(packet)).map(payloadAt) as [Payload, Payload];
    expect([full.takeWithRoom(named + 1), full.takeWithRoom(named)?.byteLength]).toEqual([undefined, named + 8]);
  });

  it('what came no frame has none', () => {
    expect(Payload.encode(['hi']).takeWithRoom(1)).toBeUndefined();
    expect(Payload.ofBytes(new Uint8Array(8).subarray(4)).takeWithRoom(1)).toBeUndefined();
  });

  it('it is the memory of the frame, and writing to it changes no other record, and no payload', () => {
    for (const index of [0, 1, 2]) {
      const packets = [
        sample('request', { payload, id: 1 }),
        sample('request', { payload: { format: 1, data: Buffer.from('xyz') }, id: 2 }),
        sample('open', { id: 3 }),
      ] as const;
      const arrived = arrivedIn(numbered(2, packets[0]), numbered(2, packets[1]), whole(packets[2]));
      const { head, place } = arrived[index]!;
      const mine = payloadAt({ head, place });
      const room = index === 0 ? 3 + OWN : OWN;
      const taken = mine.takeWithRoom(room)!;
      expect(taken.buffer).toBe(place.frame.buffer);
      taken.fill(0xff, 0, room);
      expect(plainPayload(mine)).toEqual(packets[index]!.payload);
      arrived.forEach(({ head, place }, other) => {
        if (other !== index) expect(plainOf(readPacket(head, place))).toEqual(packets[other]);
      });
    }
  });
});
