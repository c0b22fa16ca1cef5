import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shapeOf } from '../../src/protocol/argument-shape.js';
import { Payload } from '../../src/protocol/payload.js';
import { decodePayload, encodePayload, PAYLOAD_FORMATS } from '../../src/protocol/payload-codec.js';
import { thrownBy } from '../support/relay.js';

const bytes = fc.uint8Array({ maxLength: 40 });
const values = fc.jsonValue({ maxDepth: 4 });
const mixed = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, values, bytes, fc.array(tie('value')), fc.dictionary(fc.string(), tie('value'))),
})).value;

/** What arrives: JSON makes `-0` a 0, bytes come as they are. */
function asReceived(value: unknown): unknown {
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(asReceived);
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asReceived(item)]));
}

describe('payloads', () => {
  it('what is encoded is decoded again: JSON, bytes, and bytes inside JSON', () => {
    fc.assert(
      fc.property(fc.array(mixed, { maxLength: 5 }), (args) => {
        expect(decodePayload(encodePayload(args))).toEqual(asReceived(args));
      }),
      { numRuns: 1_000 },
    );
  });

  it('arbitrary bytes and text are decoded or refused with PAYLOAD_INVALID, never anything else', () => {
    const format = fc.integer({ min: 0, max: 3 });
    fc.assert(
      fc.property(format, fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string()), (format, data) => {
        expect(['no error', 'PAYLOAD_INVALID']).toContain(thrownBy(() => decodePayload({ format, data })));
      }),
      { numRuns: 2_000 },
    );
  });

  it('a mixed payload that has been tampered with reaches no prototype and no other value', () => {
    const tampered = (json: unknown, tail = '') => {
      const text = new TextEncoder().encode(JSON.stringify(json));
      const data = Buffer.concat([Buffer.alloc(4), text, Buffer.from(tail)]);
      data.writeUInt32LE(text.byteLength);
      return thrownBy(() => decodePayload({ format: PAYLOAD_FORMATS.mixed, data }));
    };
    expect(tampered([[null], [[[0], 1]]], 'x')).toBe('no error');
    expect(tampered([[null], [[[0], 2]]], 'x')).toBe('PAYLOAD_INVALID');
    expect(tampered([[null], [[[0], 0]]], 'x')).toBe('PAYLOAD_INVALID');
    expect(tampered([[null], [[[0], -1]]], 'x')).toBe('PAYLOAD_INVALID');
    expect(tampered([[5], [[[0], 1]]], 'x')).toBe('PAYLOAD_INVALID');
    expect(tampered([[{}], [[[0, '__proto__', 'x'], 1]]], 'x')).toBe('PAYLOAD_INVALID');
    expect(tampered([[{}], [[['constructor', 'prototype', 'x'], 1]]], 'x')).toBe('PAYLOAD_INVALID');
    expect(tampered([[], [[['length'], 1]]], 'x')).toBe('PAYLOAD_INVALID');
    expect(tampered([{ a: null }, [[['a'], 1]]], 'x')).toBe('PAYLOAD_INVALID');
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it('a key called __proto__ is data like any other', () => {
    const hostile = JSON.parse('{"__proto__":{"polluted":1}}');
    const [received] = decodePayload(encodePayload([hostile, Buffer.from('x')])) as [object];
    expect(Object.hasOwn(received, '__proto__')).toBe(true);
    expect(Object.getPrototypeOf(received)).toBe(Object.prototype);
  });

  it('depth and number of arguments are limited at n and n + 1, both ways', () => {
    const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
    const json = (args: unknown) => ({ format: PAYLOAD_FORMATS.json, data: JSON.stringify(args) });
    expect(thrownBy(() => encodePayload([nested(64)]))).toBe('no error');
    expect(thrownBy(() => encodePayload([nested(65)]))).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => decodePayload(json([nested(64)])))).toBe('no error');
    expect(thrownBy(() => decodePayload(json([nested(65)])))).toBe('PAYLOAD_INVALID');
    expect(thrownBy(() => encodePayload(Array(255).fill(0)))).toBe('no error');
    expect(thrownBy(() => encodePayload(Array(256).fill(0)))).toBe('INVALID_ARGUMENT');
    expect(thrownBy(() => decodePayload(json(Array(255).fill(0))))).toBe('no error');
    expect(thrownBy(() => decodePayload(json(Array(256).fill(0))))).toBe('PAYLOAD_INVALID');
  });

  it('a payload is encoded once and decoded once', () => {
    const payload = Payload.ofArguments([{ a: 1 }]);
    expect(payload.encoded).toBe(payload.encoded);
    const received = Payload.ofEncoded(payload.encoded);
    expect(received.args).toBe(received.args);
  });

  it('a walk over arguments needs no stack', () => {
    const depth = 450_000;
    expect(shapeOf(JSON.parse('['.repeat(depth) + ']'.repeat(depth)), Number.POSITIVE_INFINITY).tooDeep).toBe(false);
  });
});
