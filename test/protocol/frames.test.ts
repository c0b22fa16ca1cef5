import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader } from '../../src/protocol/frame-reader.js';
import { FrameWriter } from '../../src/protocol/frame-writer.js';
import { P2PError } from '../../src/protocol/p2p-error.js';
import type { PacketOf, PacketType } from '../../src/protocol/packet.js';
import { SHAPES } from '../../src/protocol/packet-shape.js';
import { Payload } from '../../src/protocol/payload.js';
import {
  definition,
  frame,
  names,
  numbered,
  type PlainPacket,
  record,
  TwinReader,
  TwinWriter,
  TYPES,
  values,
  whole,
} from './frame-twin.js';
import { packetOf, packets, readAll, sample } from './plain-packets.js';

/** What a writer makes of packets: frames, one after each list. */
function write(lane: number, lists: readonly (readonly PlainPacket[])[]): Uint8Array[] {
  const writer = new FrameWriter(lane);
  return lists.map((list) => writeOne(writer, list));
}

function writeOne(writer: FrameWriter, list: readonly PlainPacket[]): Uint8Array {
  for (const packet of list) writer.add(packetOf(packet));
  return writer.take()!;
}

describe('frames', () => {
  const lane = fc.integer({ min: 0, max: 65_535 });
  const lists = fc.array(fc.array(packets, { minLength: 1, maxLength: 8 }), { maxLength: 5 });

  it('what is written is read again, in the same bytes as those of the plain twin', () => {
    fc.assert(
      fc.property(lane, lists, (lane, lists) => {
        const twin = new TwinWriter();
        const expected = lists.map((list) => twin.frame(lane, list));
        const written = write(lane, lists);
        expect(written.map((bytes) => Buffer.from(bytes))).toEqual(expected);
        expect(readAll(new FrameReader(), ...written)).toEqual(lists.flat());
        const twinReader = new TwinReader();
        expect(written.flatMap((bytes) => twinReader.read(bytes))).toEqual(lists.flat());
      }),
      { numRuns: 400 },
    );
  });

  it('a frame that was taken never changes, and its size was known before', () => {
    fc.assert(
      fc.property(lists, (lists) => {
        const writer = new FrameWriter(1);
        const taken = lists.map((list) => {
          for (const packet of list) writer.add(packetOf(packet));
          const { size } = writer;
          const bytes = writer.take()!;
          expect([bytes.byteLength, writer.size]).toEqual([size, 0]);
          return { bytes, copy: Buffer.from(bytes) };
        });
        for (const { bytes, copy } of taken) expect(Buffer.from(bytes)).toEqual(copy);
      }),
      { numRuns: 50 },
    );
  });

  it('without packets there is no frame', () => {
    const writer = new FrameWriter(1);
    expect(writer.take()).toBeUndefined();
    writer.add(packetOf(sample('finish')));
    expect(writer.take()).toBeInstanceOf(Uint8Array);
    expect(writer.take()).toBeUndefined();
  });

  it('a packet that cannot be written leaves the frame as good as before', () => {
    const writer = new FrameWriter(1);
    const before = sample('message', { event: 'before' });
    writer.add(packetOf(before));
    const throws = { toJSON: () => expect.fail('cannot be written') };
    const payload = Payload.ofArguments([throws]);
    const fail = (writer: FrameWriter, type: PacketType) =>
      expect(() => writer.add({ ...packetOf(sample(type)), payload } as PacketOf<'message'>)).toThrow(P2PError);
    fail(writer, 'message');
    fail(writer, 'open');
    const empty = new FrameWriter(1);
    fail(empty, 'open');
    expect(empty.take()).toBeUndefined();
    expect(readAll(new FrameReader(), writeOne(empty, [before]))).toEqual([before]);
    const after = [sample('message'), sample('open')];
    expect(readAll(new FrameReader(), writeOne(writer, after))).toEqual([before, ...after]);
  });

  it('each type is read whole and by a number, whichever of them a writer would choose', () => {
    for (const type of TYPES) {
      const packet = sample(type);
      const bytes = frame(1, whole(packet), definition(900, packet), numbered(900, packet), numbered(900, packet));
      expect(readAll(new FrameReader(), bytes)).toEqual([packet, packet, packet]);
    }
  });

  it('the code of a type is its place in the table', () => {
    expect(SHAPES.map(({ type, code }) => [type, code])).toEqual(TYPES.map((type, code) => [type, code]));
  });

  it('names that come in full again are the same, until any byte of them is another', () => {
    for (const type of TYPES) {
      const packet = sample(type);
      const full = names(packet);
      const rest = values(packet);
      for (let at = 0; at < full.length; at++) {
        const changed = Buffer.from(full);
        changed[at] = changed[at]! ^ 1;
        const bytes = frame(
          1,
          record(1, full, rest),
          record(1, changed, rest),
          record(1, changed, rest),
          whole(packet),
        );
        const expected = [full, changed, changed, full].flatMap((names) =>
          readAll(new FrameReader(), frame(1, record(1, names, rest))),
        );
        expect(readAll(new FrameReader(), bytes)).toEqual(expected);
      }
    }
  });

  it('names that came in full are known by what they were, whatever is written where they stood', () => {
    const reader = new FrameReader();
    const [alice, bobby] = [sample('reject'), sample('reject', { peer: 'bobby' })];
    const bytes = frame(1, whole(alice));
    expect(readAll(reader, bytes)).toEqual([alice]);
    bytes.write('bobby', bytes.indexOf('alice'));
    expect(readAll(reader, frame(1, whole(bobby), whole(alice)))).toEqual([bobby, alice]);
  });

  it('names that came in full before need not fit into what comes now', () => {
    const packet = sample('paired');
    for (let length = 1; length < names(packet).length; length++) {
      const short = record(1, names(packet).subarray(0, length));
      const bytes = [frame(1, whole(packet), short, whole(packet)), frame(1, short)];
      expect(readAll(new FrameReader(), ...bytes)).toEqual([packet, 'PACKET_INVALID', packet, 'PACKET_INVALID']);
    }
  });

  it('an empty frame, or less than one, has nothing in it', () => {
    for (const length of [0, 1, 2, 3]) expect(readAll(new FrameReader(), frame(1).subarray(0, length))).toEqual([]);
  });

  it('a frame is read where it lies in larger memory', () => {
    const packet = sample('message');
    const [bytes] = write(1, [[packet]]) as [Uint8Array];
    const inside = Buffer.concat([Buffer.alloc(5, 0xb2), bytes, Buffer.alloc(5, 0xb2)]).subarray(5, -5);
    expect(readAll(new FrameReader(), inside)).toEqual([packet]);
  });

  // In Node too: engine.io has ArrayBuffers there where its `binaryType` says so.
  it('a frame may be bytes that are no Buffer', () => {
    const packet = sample('message', { event: 'Zoë' });
    const [bytes] = write(1, [[packet]]) as [Uint8Array];
    expect(readAll(new FrameReader(), new Uint8Array(bytes))).toEqual([packet]);
  });
});

describe('the numbers of a lane', () => {
  const message = (event: number, peer = 'alice') => sample('message', { event: `e${event}`, peer });

  /** By which records a twin would write them: `define`, or a number. */
  const definitionsIn = (bytes: Uint8Array) => {
    const defined: number[] = [];
    for (let at = 3; at < bytes.byteLength; at += 4 + Buffer.from(bytes).readUInt32LE(at)) {
      const here = Buffer.from(bytes).subarray(at);
      if (here.readUInt32LE(4) === 0) defined.push(here.readUInt32LE(8));
    }
    return defined;
  };

  it('there are 1,024, and as many heads are defined once', () => {
    const all = Array.from({ length: 1_024 }, (_, event) => message(event));
    const written = write(1, [all, all]) as [Uint8Array, Uint8Array];
    expect(definitionsIn(written[0])).toEqual(all.map((_, index) => index + 2));
    expect(definitionsIn(written[1])).toEqual([]);
    expect(readAll(new FrameReader(), ...written)).toEqual([...all, ...all]);
  });

  it('with one more they begin anew, also for those that had one', () => {
    const all = Array.from({ length: 1_025 }, (_, event) => message(event));
    const again = [message(1_024), message(1_023), message(0), sample('publish', { topic: 't' }), message(0)];
    const written = write(1, [all, again]) as [Uint8Array, Uint8Array];
    expect(definitionsIn(written[0]).slice(-2)).toEqual([1_025, 2]);
    expect(definitionsIn(written[1])).toEqual([3, 4, 5]);
    expect(readAll(new FrameReader(), ...written)).toEqual([...all, ...again]);
  });

  it('thousands of heads are read right, in the bytes of the twin', () => {
    const types = ['message', 'request', 'open', 'reply', 'call', 'publish', 'publish-wait', 'room-message', 'finish'];
    const at = (index: number) => {
      const type = types[index % types.length] as PacketType;
      const names = { peer: `peer ${index % 97}`, epoch: index % 31, event: `e${index % 89}`, room: `r${index % 83}` };
      return sample(type, { ...names, api: `a${index % 79}`, topic: `t${index % 73}`, id: index });
    };
    const all = Array.from({ length: 200 }, (_, list) =>
      Array.from({ length: 50 }, (_, index) => at(list * 50 + index)),
    );
    const written = write(1, all);
    const twin = new TwinWriter();
    expect(written.map((bytes) => Buffer.from(bytes))).toEqual(all.map((list) => twin.frame(1, list)));
    expect(written.flatMap(definitionsIn).filter((number) => number === 2).length).toBeGreaterThan(2);
    expect(readAll(new FrameReader(), ...written)).toEqual(all.flat());
  });

  it('names that are alike are not mixed up: of other types, in other fields, cut elsewhere', () => {
    const all = [
      sample('message', { peer: 'ab', event: 'c' }),
      sample('message', { peer: 'a', event: 'bc' }),
      sample('room-message', { room: 'ab', event: 'c' }),
      sample('reply', { peer: 'ab', epoch: 0 }),
      sample('reply', { peer: 'ab', epoch: 1 }),
      sample('request', { peer: 'ab', epoch: 1, event: 'c' }),
      sample('call', { peer: 'ab', epoch: 1, api: 'c', input: 'value' }),
      sample('call', { peer: 'ab', epoch: 1, api: 'c', input: 'items' }),
      sample('message', { peer: '', event: 'constructor' }),
      sample('message', { peer: '', event: '__proto__' }),
      sample('message', { peer: 'toString', event: '0' }),
    ];
    const written = write(1, [all, all]) as [Uint8Array, Uint8Array];
    expect(definitionsIn(written[0])).toHaveLength(all.length);
    expect(definitionsIn(written[1])).toEqual([]);
    expect(readAll(new FrameReader(), ...written)).toEqual([...all, ...all]);
  });

  it('a number may be defined again, before it was ever used too', () => {
    const [first, second] = [message(1), sample('finish')];
    const bytes = frame(1, definition(2, first), definition(2, second), numbered(2, second), definition(2, first));
    expect(readAll(new FrameReader(), bytes, frame(1, numbered(2, first)))).toEqual([second, first]);
  });

  it('numbers are of one reader, and of all its frames', () => {
    const packet = message(1);
    const [one, other] = [new FrameReader(), new FrameReader()];
    expect(readAll(one, frame(1, definition(2, packet)), frame(1, numbered(2, packet)))).toEqual([packet]);
    expect(readAll(other, frame(1, numbered(2, packet)))).toEqual(['PACKET_INVALID']);
  });
});
