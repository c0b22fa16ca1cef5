import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_STREAM_CHUNK } from '../../src/protocol/limits.js';
import type { StreamMode } from '../../src/protocol/packet.js';
import { Payload } from '../../src/protocol/payload.js';
import { Incoming } from '../../src/stream/incoming.js';
import { frameObject, readObjectFrame } from '../../src/stream/object-frame.js';
import { type Outgoing, outgoingOf, type Piece } from '../../src/stream/outgoing.js';
import { thrownBy } from '../support/relay.js';
import { bytesAt } from './content.js';

const MEBIBYTE = 1_048_576;

/** Below this a piece is cut only where it is the rest. */
const SHORTEST_PIECE = 1_024;

const BOUNDARIES = [1, 2, 1_023, 1_024, 1_025, 64_999, MAX_STREAM_CHUNK, 65_001, 130_000];

function outgoing(mode: StreamMode, values: readonly unknown[], maxObjectSize = MEBIBYTE): Outgoing {
  return outgoingOf({ mode, maxObjectSize }, values);
}

/** All pieces, with so much room for each; what is left when there is room for no more. */
function cutAll(from: Outgoing, room: (piece: number) => number): Piece[] {
  const pieces: Piece[] = [];
  while (!from.isEmpty) {
    const piece = from.cut(room(pieces.length));
    if (!piece) break;
    pieces.push(piece);
  }
  return pieces;
}

/** What arrives, when the pieces are put together at the other end. */
function arrivingFrom(mode: StreamMode, pieces: readonly Piece[], maxObjectSize = MEBIBYTE): unknown[] {
  const incoming = new Incoming({ mode, maxObjectSize });
  for (const { payload, more } of pieces) {
    // As on the wire: what arrives is not what was sent.
    const arrived = Payload.ofEncoded(payload.encoded);
    if (more) incoming.addPart(arrived);
    else incoming.add(arrived);
  }
  const values: unknown[] = [];
  for (let item = incoming.take(); item; item = incoming.take()) values.push(item.value);
  return values;
}

/** As text, quick to compare: the same for a Buffer as for any other `Uint8Array`. */
function encodedOf(value: unknown): string {
  const { format, data } = Payload.encode([value]).encoded;
  return `${format} ${typeof data === 'string' ? data : Buffer.from(data).toString('base64')}`;
}

function sizes(pieces: readonly Piece[]): number[] {
  return pieces.map(({ payload }) => payload.encoded.data.length);
}

describe('CS-3 bytes on their way out', () => {
  describe.each(BOUNDARIES)('%i bytes', (size) => {
    it.each(BOUNDARIES)('go into pieces of at most %i bytes, and no crumbs', (room) => {
      const from = outgoing('bytes', [bytesAt(7, size)]);
      const pieces = cutAll(from, () => room);
      const isStuck = room < Math.min(SHORTEST_PIECE, size);
      expect(from.isEmpty).toBe(!isStuck);
      if (isStuck) return expect(pieces).toEqual([]);
      expect(Math.max(...sizes(pieces))).toBeLessThanOrEqual(room);
      expect(pieces.length).toBe(Math.ceil(size / room));
      const arrived = Buffer.concat(arrivingFrom('bytes', pieces) as Uint8Array[]);
      expect(arrived.equals(bytesAt(7, size))).toBe(true);
    });
  });

  it.each([0, -1, -256, Number.MIN_SAFE_INTEGER])('stay where there is room for %i bytes', (room) => {
    expect(outgoing('bytes', [new Uint8Array(1)]).cut(room)).toBeUndefined();
    expect(outgoing('objects', [new Uint8Array(0)]).cut(Math.min(-1, room))).toBeUndefined();
    expect(outgoing('objects', [1]).cut(room)).toBeUndefined();
  });

  it('that are none are done at once', () => {
    expect(outgoing('bytes', []).isEmpty).toBe(true);
    expect(outgoing('bytes', [new Uint8Array(), '', Buffer.alloc(0)]).isEmpty).toBe(true);
  });

  it('go in pieces that no write ends, however they were written and whatever room there is', () => {
    const chunk = fc.constantFrom(0, 0, 1, 2, 100, 1_023, 1_024, 5_000, 65_001);
    const rooms = fc.array(fc.integer({ min: SHORTEST_PIECE, max: MAX_STREAM_CHUNK }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 12, size: 'max' }), rooms, (lengths, room) => {
        let written = 0;
        const chunks = lengths.map((length) => {
          written += length;
          return bytesAt(written - length, length);
        });
        const pieces = cutAll(outgoing('bytes', chunks), (piece) => room[piece % room.length] ?? 0);
        // Each but the last fills its room.
        for (const [piece, size] of sizes(pieces).slice(0, -1).entries()) expect(size).toBe(room[piece % room.length]);
        const arrived = Buffer.concat(arrivingFrom('bytes', pieces) as Uint8Array[]);
        expect(arrived.equals(Buffer.concat(chunks))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('may be strings and any view of memory', () => {
    const memory = Uint8Array.of(9, 1, 2, 3, 4, 9).buffer;
    const values = [
      'é😀',
      new DataView(memory, 1, 2),
      new Uint8Array(memory, 3, 1),
      Uint8Array.of(4).buffer,
      Buffer.from('x'),
    ];
    const [arrived] = arrivingFrom(
      'bytes',
      cutAll(outgoing('bytes', values), () => 1_024),
    );
    expect(Buffer.from(arrived as Uint8Array)).toEqual(Buffer.from([...Buffer.from('é😀'), 1, 2, 3, 4, 120]));
  });

  it.each([null, undefined, 5, {}, [], true])('R-2 cannot be %j', (value) => {
    expect(thrownBy(() => outgoing('bytes', [value]))).toBe('INVALID_ARGUMENT');
  });
});

describe('CS-3 objects on their way out', () => {
  const wholeRoom = (value: unknown) => Payload.encode([value]).size;

  it.each(BOUNDARIES.flatMap((size) => [-1, 0, 1].map((more) => [size, more] as const)))(
    'of %i bytes with %i bytes of room more go whole if they fit, else in parts',
    (size, more) => {
      const value = bytesAt(3, size);
      const room = size + more;
      const pieces = cutAll(outgoing('objects', [value]), () => room);
      if (more >= 0) expect(pieces).toMatchObject([{ more: false }]);
      // With one byte for the format.
      else if (room >= SHORTEST_PIECE) expect(sizes(pieces)).toEqual([room, 2]);
      else return expect(pieces).toEqual([]);
      expect(pieces.map((piece) => piece.more)).toEqual(pieces.map((_, index) => index < pieces.length - 1));
      const [arrived, ...rest] = arrivingFrom('objects', pieces);
      expect(Buffer.compare(arrived as Uint8Array, value)).toBe(0);
      expect(rest).toEqual([]);
    },
  );

  it('arrive as they were whatever room each piece has', () => {
    const size = fc.integer({ min: 0, max: 9_000 });
    const text = fc.tuple(fc.string({ unit: 'binary', maxLength: 20 }), fc.integer({ min: 1, max: 300 }));
    const value = fc.oneof(
      text.map(([some, times]) => ({ text: some.repeat(times) })),
      fc.record({ bytes: size.map((length) => bytesAt(1, length)), n: fc.integer() }),
      size.map((length) => bytesAt(2, length)),
      fc.jsonValue().filter((json) => json !== null),
    );
    const rooms = fc.array(fc.integer({ min: SHORTEST_PIECE, max: 3_000 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(value, rooms, (object, room) => {
        const pieces = cutAll(outgoing('objects', [object]), (piece) => room[piece % room.length] ?? 0);
        expect(arrivingFrom('objects', pieces).map(encodedOf)).toEqual([encodedOf(object)]);
        for (const { more, payload } of pieces) {
          if (more) expect(payload.encoded.data.length).toBeGreaterThanOrEqual(SHORTEST_PIECE);
        }
      }),
      { numRuns: 100 },
    );
  });

  it.each([0, 1, 2, 3])('with characters of two units arrive when a piece ends %i bytes into one', (shift) => {
    const value = `${'x'.repeat(shift)}${'😀'.repeat(1_000)}\ud83d`;
    const pieces = cutAll(outgoing('objects', [value]), () => SHORTEST_PIECE);
    expect(pieces.length).toBeGreaterThan(3);
    expect(arrivingFrom('objects', pieces)).toEqual([value]);
  });

  it.each([null, undefined, Number.NaN, Number.POSITIVE_INFINITY, Symbol('x'), { toJSON: () => null }])(
    'R-2 cannot be what is null when it is written: %s',
    (value) => {
      expect(thrownBy(() => outgoing('objects', [value]))).toBe('INVALID_ARGUMENT');
    },
  );

  it.each([[[null]], [{ a: null }], ['null'], [false], [0], ['']])('may hold null, and be all else: %j', (value) => {
    expect(
      arrivingFrom(
        'objects',
        cutAll(outgoing('objects', [value]), () => 1_024),
      ),
    ).toEqual([value]);
  });

  it('may be no bytes at all', () => {
    const pieces = cutAll(outgoing('objects', [new Uint8Array()]), () => 0);
    expect(arrivingFrom('objects', pieces)).toEqual([new Uint8Array()]);
  });

  it.each([
    ['bytes', (size: number) => bytesAt(0, size)],
    ['text', (size: number) => 'x'.repeat(size - '[""]'.length)],
    [
      'text of three bytes a character',
      (size: number) => '漢'.repeat(Math.floor((size - 4) / 3)) + 'x'.repeat((size - 4) % 3),
    ],
    [
      'text of four bytes a character',
      (size: number) => '😀'.repeat(Math.floor((size - 4) / 4)) + 'x'.repeat((size - 4) % 4),
    ],
  ])('R-1 are sent up to the limit, and arrive, but not with one byte more: %s', (_, valueOfSize) => {
    const limit = 100_000;
    const pieces = cutAll(outgoing('objects', [valueOfSize(limit)], limit), () => 10_000);
    expect(arrivingFrom('objects', pieces, limit).map(encodedOf)).toEqual([encodedOf(valueOfSize(limit))]);
    expect(thrownBy(() => outgoing('objects', [valueOfSize(limit + 1)], limit))).toBe('PAYLOAD_TOO_LARGE');
  });

  it.each([
    ['whole', 200_000],
    ['in parts', 10_000],
  ])('R-1 are refused by who receives them one byte beyond the limit: %s', (_, room) => {
    const limit = 100_000;
    const piecesOf = (size: number) => cutAll(outgoing('objects', [bytesAt(0, size)]), () => room);
    expect(arrivingFrom('objects', piecesOf(limit), limit)).toHaveLength(1);
    const size = limit + (room > limit ? 2 : 1);
    expect(thrownBy(() => arrivingFrom('objects', piecesOf(size), limit))).toBe('PAYLOAD_TOO_LARGE');
  });

  it('fit one piece as they are on the wire', () => {
    const value = { text: 'é'.repeat(1_000) };
    expect(cutAll(outgoing('objects', [value]), () => wholeRoom(value))).toHaveLength(1);
  });
});

describe('the frame of an object that comes in parts', () => {
  const values = [1, 'a😀漢', { a: [true, null] }, new Uint8Array([1, 2, 3]), { bytes: new Uint8Array([5, 6]), a: 1 }];

  it.each(values)('is read again wherever it was cut: %j', (value) => {
    const frame = frameObject(Payload.encode([value]));
    for (let cut = 0; cut <= frame.length; cut++) {
      const payload = readObjectFrame([frame.subarray(0, cut), frame.subarray(cut)]);
      expect(arrivingFrom('objects', [{ payload, more: false }]).map(encodedOf)).toEqual([encodedOf(value)]);
    }
    const bytes = Array.from(frame, (byte) => Uint8Array.of(byte));
    expect(readObjectFrame(bytes).encoded.format).toBe(frame[0]);
  });

  it.each([3, 255])('threats: is refused with the unknown format %i', (format) => {
    expect(thrownBy(() => readObjectFrame([Uint8Array.of(format, 1)]))).toBe('PAYLOAD_INVALID');
  });

  it('threats: is refused where it is empty', () => {
    expect(thrownBy(() => readObjectFrame([]))).toBe('PAYLOAD_INVALID');
  });
});
