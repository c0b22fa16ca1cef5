import { describe, expect, it } from 'vitest';
import { PACKET_FIELDS, type PacketType } from '../../src/protocol/packet.js';
import { definition, numbered, record, TYPES, text, uint, whole } from './frame-twin.js';
import { MOST, next, refused, sample } from './plain-packets.js';

const code = (type: PacketType) => uint(TYPES.indexOf(type), 1);

describe('fields that are refused', () => {
  const tooLong = ['x'.repeat(257), 'é'.repeat(257), '🦊'.repeat(129), 'x'.repeat(65_535)];
  const LIMITS: Record<string, { readonly good: unknown[]; readonly bad: Record<string, unknown[]> }> = {
    peer: {
      good: ['', 'x', 'x'.repeat(128), '€'.repeat(128), '🦊'.repeat(64), 'p2p:server', ' ', '\ufffd', '\ufeffx'],
      bad: {
        PACKET_INVALID: [
          ...['__proto__', 'constructor', 'prototype', 'a\0', '\x1f', '\x7f'],
          ...['x'.repeat(129), '€'.repeat(129), `${'🦊'.repeat(64)}x`],
        ],
      },
    },
    clientId: { good: ['x', '🦊'.repeat(64)], bad: { CLIENT_ID_INVALID: ['', '__proto__', 'x'.repeat(129), '\n'] } },
    secret: { good: ['x', '\0', '€'.repeat(128)], bad: { PACKET_INVALID: ['', 'x'.repeat(129)] } },
    event: {
      good: ['x', '__proto__', '\0', 'x'.repeat(256), '€'.repeat(256), 'Connect', 'p2p', '\ufeffdisconnect'],
      bad: {
        PACKET_INVALID: ['', ...tooLong],
        EVENT_RESERVED: [
          ...['connect', 'connect_error', 'connection', 'disconnect', 'disconnecting', 'error', 'newListener'],
          ...['removeListener', 'P2P', 'SERVER_ERROR', 'JOIN_ROOM', 'P2P_', 'MULTI_API_x', 'TOPIC_x', 'SERVICE_x'],
        ],
      },
    },
    room: {
      good: ['x', '__proto__', 'x'.repeat(19), 'x'.repeat(21), 'p2p'],
      bad: { PACKET_INVALID: ['', ...tooLong], ROOM_RESERVED: ['p2p:', 'p2p:topic:1:a:b', 'x'.repeat(20)] },
    },
    api: { good: ['x', 'p2p:describe', '€'.repeat(256)], bad: { PACKET_INVALID: ['', ...tooLong] } },
    topic: { good: ['x', '€'.repeat(256)], bad: { PACKET_INVALID: ['', ...tooLong] } },
    timeout: { good: [1, 2 ** 31 - 1], bad: { PACKET_INVALID: [0, 2 ** 31, 2 ** 32, 2 ** 32 + 1, MOST] } },
    credit: { good: [0, 16_777_216], bad: { PACKET_INVALID: [16_777_217, 2 ** 32, MOST] } },
    lane: { good: [0, 65_535], bad: { PACKET_INVALID: [65_536, 2 ** 32, MOST] } },
    count: { good: [1, MOST], bad: { PACKET_INVALID: [0] } },
    version: { good: [1, MOST], bad: { PACKET_INVALID: [0] } },
    maxPayload: { good: [1, MOST], bad: { PACKET_INVALID: [0] } },
    epoch: { good: [0, 1, 2 ** 32 - 1, 2 ** 32, MOST], bad: {} },
    id: { good: [0, 1, 2 ** 32 - 1, 2 ** 32, MOST], bad: {} },
    stream: { good: [0, MOST], bad: {} },
    probe: { good: [0, MOST], bad: {} },
    frames: { good: [0, MOST], bad: {} },
    mode: { good: ['bytes', 'objects'], bad: {} },
    input: { good: ['value', 'items'], bad: {} },
    output: { good: ['value', 'items'], bad: {} },
  };

  /** Each field once in each type that has it. */
  const places = TYPES.flatMap((type) =>
    PACKET_FIELDS[type].filter((field) => field !== 'payload').map((field) => ({ type, field })),
  );

  it.each(places)('$field of $type, beyond its bounds', ({ type, field }) => {
    const { good, bad } = LIMITS[field]!;
    for (const value of good) {
      const packet = sample(type, { [field]: value });
      expect(refused(whole(packet), definition(2, packet), numbered(2, packet))).toEqual([packet, packet, next]);
    }
    for (const [code, list] of Object.entries(bad)) {
      for (const value of list) {
        const packet = sample(type, { [field]: value });
        expect(refused(whole(packet))).toEqual([code, next]);
        // A number says nothing before it is used; a name is looked at when it is defined.
        const isName = typeof value === 'string';
        const found = refused(definition(2, packet), numbered(2, packet));
        expect(found).toEqual(isName ? [code, 'PACKET_INVALID', next] : [code, next]);
      }
    }
  });

  it.each([2, 3, 127, 255])('a choice that is none of two: %i', (choice) => {
    const rest = [uint(1, 6), uint(1, 6), uint(1, 6), Buffer.from('\0[]')];
    const peer = [text('alice'), uint(0, 6)];
    expect(refused(record(1, code('open'), ...peer, uint(choice, 1), ...rest))).toEqual(['PACKET_INVALID', next]);
    const call = [code('call'), ...peer, text('sum'), uint(choice, 1)];
    expect(refused(record(1, ...call, ...rest))).toEqual(['PACKET_INVALID', next]);
    expect(refused(record(0, uint(2, 4), ...call))).toEqual(['PACKET_INVALID', next]);
    const called = record(1, code('called'), ...peer, uint(choice, 1), ...rest.slice(0, 3));
    expect(refused(called)).toEqual(['PACKET_INVALID', next]);
  });

  it('what is no UTF-8 in a name becomes U+FFFD, and is held to the same rules', () => {
    const message = (peer: Uint8Array, event: Uint8Array) =>
      refused(record(1, code('message'), text(peer), text(event), Buffer.from('\0["hi"]')));
    const [alice, chat] = [Buffer.from('alice'), Buffer.from('chat')];
    const read = (fields: object) => [sample('message', { peer: 'alice', event: 'chat', ...fields }), next];
    expect(message(alice, Buffer.of(0xff))).toEqual(read({ event: '\ufffd' }));
    expect(message(Buffer.of(0x61, 0xc3), chat)).toEqual(read({ peer: 'a\ufffd' }));
    // Half a surrogate pair, an overlong "/", the beginning of a fox.
    expect(message(alice, Buffer.of(0xed, 0xa0, 0x80))).toEqual(read({ event: '\ufffd\ufffd\ufffd' }));
    expect(message(alice, Buffer.of(0xc0, 0xaf))).toEqual(read({ event: '\ufffd\ufffd' }));
    expect(message(alice, Buffer.from('🦊').subarray(0, 3))).toEqual(read({ event: '\ufffd' }));
    expect(message(alice, Buffer.alloc(256, 0xff))).toEqual(read({ event: '\ufffd'.repeat(256) }));
    expect(message(alice, Buffer.alloc(257, 0xff))).toEqual(['PACKET_INVALID', next]);
    expect(message(Buffer.alloc(129, 0xff), chat)).toEqual(['PACKET_INVALID', next]);
    expect(message(Buffer.of(0xff, 0x00), chat)).toEqual(['PACKET_INVALID', next]);
    // No overlong zero is a zero.
    expect(message(Buffer.of(0xc0, 0x80), chat)).toEqual(read({ peer: '\ufffd\ufffd' }));
  });

  it('the length of a name ends within its record, not within the next', () => {
    const name = (length: number) => Buffer.concat([uint(length, 2), Buffer.from('next')]);
    const leave = (length: number) => record(1, code('leave'), name(length), uint(7, 6));
    expect(refused(leave(4))).toEqual([sample('leave', { room: 'next', id: 7 }), next]);
    for (const length of [0, 3, 5, 10, 11, 12, 20, 65_535]) expect(refused(leave(length))[0]).toBe('PACKET_INVALID');
    for (const length of [0, 3, 5, 10, 11, 12, 20, 65_535]) expect(refused(leave(length))[1]).toEqual(next);
  });
});
