import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import * as utf8 from '../../src/protocol/utf8.js';

/** As it is in browsers, where there is no `Buffer`. */
async function withoutBuffer(): Promise<typeof utf8> {
  const { Buffer } = globalThis;
  vi.resetModules();
  try {
    Reflect.deleteProperty(globalThis, 'Buffer');
    return await import('../../src/protocol/utf8.js');
  } finally {
    globalThis.Buffer = Buffer;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const wellFormed = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'binary-ascii', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  // Around the length from which on another way is taken, with something else at any place.
  fc
    .tuple(fc.integer({ min: 20, max: 28 }), fc.nat(28), fc.constantFrom('x', '\x7f', '\x80', '\u07ff', '\u0800', '🦊'))
    .map(([length, at, unit]) => 'x'.repeat(Math.min(at, length)) + unit + 'x'.repeat(Math.max(0, length - at))),
);

const illFormed = fc
  .array(fc.oneof(fc.integer({ min: 0xd7fe, max: 0xe001 }), fc.nat(0xffff)), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));

describe.each([
  ['in Node', () => Promise.resolve(utf8), (size: number): Uint8Array => Buffer.alloc(size, 0xee)],
  ['in browsers', withoutBuffer, (size: number) => new Uint8Array(size).fill(0xee)],
])('UTF-8 %s', (_, load, allocate) => {
  it('a text is written as TextEncoder does, where it shall be and nowhere else', async () => {
    const { writeUtf8, utf8Length, encodeUtf8, MAX_BYTES_PER_UNIT } = await load();
    fc.assert(
      fc.property(fc.oneof(wellFormed, illFormed), fc.nat(10), fc.nat(10), (text, before, after) => {
        const expected = encoder.encode(text);
        expect(utf8Length(text)).toBe(expected.length);
        expect(encodeUtf8(text)).toEqual(expected);
        expect(expected.length).toBeLessThanOrEqual(text.length * MAX_BYTES_PER_UNIT);
        const into = allocate(before + expected.length + after);
        expect(writeUtf8(into, before, text)).toBe(expected.length);
        const around = [...Array(before).fill(0xee), ...expected, ...Array(after).fill(0xee)];
        expect([...into]).toEqual(around);
      }),
      { numRuns: 500 },
    );
  });

  it('and read again, from where it is', async () => {
    const { readUtf8 } = await load();
    fc.assert(
      fc.property(wellFormed, fc.nat(10), fc.nat(10), (text, before, after) => {
        const expected = encoder.encode(text);
        const bytes = allocate(before + expected.length + after);
        bytes.set(expected, before);
        expect(readUtf8(bytes, before, before + expected.length)).toBe(text);
        const only = bytes.subarray(before, before + expected.length);
        expect(readUtf8(only)).toBe(text);
        expect(readUtf8(only, 0)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('what is no UTF-8 becomes U+FFFD, as TextDecoder makes it', async () => {
    const { readUtf8 } = await load();
    const byte = fc.oneof(
      fc.nat(255),
      fc.constantFrom(0xc0, 0xc3, 0xe2, 0x82, 0xac, 0xed, 0xa0, 0xf0, 0x9f, 0xf4, 0x90),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 30 }), fc.nat(5), fc.nat(5), (list, before, after) => {
        const bytes = allocate(before + list.length + after);
        bytes.set(list, before);
        expect(readUtf8(bytes, before, before + list.length)).toBe(decoder.decode(Uint8Array.from(list)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('a byte order mark is a character like any other', async () => {
    const { readUtf8, writeUtf8, utf8Length } = await load();
    const into = allocate(5);
    expect([utf8Length('\ufeffab'), writeUtf8(into, 0, '\ufeffab')]).toEqual([5, 5]);
    expect(readUtf8(into)).toBe('\ufeffab');
  });

  it('nothing is something too: it takes no room, even at the end', async () => {
    const { readUtf8, writeUtf8, utf8Length } = await load();
    const into = allocate(2);
    expect([utf8Length(''), writeUtf8(into, 2, ''), readUtf8(into, 2, 2), readUtf8(into, 2)]).toEqual([0, 0, '', '']);
  });
});

describe('UTF-8 in Node, in bytes that are no Buffer', () => {
  it('is written and read as in one', () => {
    for (const text of ['Zoë', 'x'.repeat(30)]) {
      const into = new Uint8Array(40);
      const length = utf8.writeUtf8(into, 3, text);
      expect(into.subarray(3, 3 + length)).toEqual(encoder.encode(text));
      expect(utf8.readUtf8(into, 3, 3 + length)).toBe(text);
    }
  });
});
