import { describe, expect, it } from 'vitest';
import { readEnvelope, readFromClient, writeEnvelope } from '../../src/protocol/envelope.js';
import { PACKET_FIELDS, type Packet } from '../../src/protocol/packet.js';
import { Payload } from '../../src/protocol/payload.js';
import {
  readPlainCall,
  readPlainEmit,
  readPlainRoom,
  readPlainRoomEmit,
  readPlainTarget,
  readPlainTopic,
} from '../../src/protocol/plain-bodies.js';
import { thrownBy } from '../support/relay.js';
import packets from '../vectors/packets.json' with { type: 'json' };
import plain from '../vectors/plain.json' with { type: 'json' };
import refused from '../vectors/refused.json' with { type: 'json' };

/** Bytes stand in the vectors as `{"base64": …}`. */
function withBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withBytes);
  if (typeof value !== 'object' || value === null) return value;
  if ('base64' in value) return Buffer.from(value.base64 as string, 'base64');
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withBytes(item)]));
}

/** The same packet with its arguments in place of the payload. */
function opened(packet: Packet): unknown {
  if (!('payload' in packet)) return packet;
  const { payload, ...rest } = packet;
  return { ...rest, args: payload.args };
}

describe('golden vectors of PROTOCOL.md', () => {
  it.each(packets)('$name ($direction)', ({ direction, data, header, packet }) => {
    const read = direction === 'to router' ? readFromClient : readEnvelope;
    expect(opened(read(withBytes(data), header))).toEqual(withBytes(packet));
    const { args, ...fields } = packet as { args?: unknown[]; type: string };
    const payload = args && Payload.encode(withBytes(args) as unknown[]);
    const [writtenData, writtenHeader] = writeEnvelope({ ...fields, ...(payload && { payload }) } as Packet);
    expect(writtenHeader).toEqual(header);
    expect(writtenData instanceof Uint8Array ? Buffer.from(writtenData) : writtenData).toEqual(withBytes(data));
  });

  it('there is one for every type of packet', () => {
    expect(new Set(packets.map(({ packet }) => packet.type))).toEqual(new Set(Object.keys(PACKET_FIELDS)));
  });

  it.each(refused)('refused from a client: $name', ({ data, header, code }) => {
    expect(thrownBy(() => readFromClient(withBytes(data), header))).toBe(code);
  });

  // No JSON file can hold one.
  it('refused from a client: an event with half a surrogate pair', () => {
    expect(thrownBy(() => readFromClient('[]', ['message', 'alice', 'chat\ud83d', 0]))).toBe('PACKET_INVALID');
  });

  const readers: Record<string, (body: unknown) => unknown> = {
    P2P_EMIT: readPlainEmit,
    P2P_EMIT_ACKNOWLEDGE: readPlainEmit,
    EMIT_ROOM: readPlainRoomEmit,
    JOIN_ROOM: (body) => ({ room: readPlainRoom(body) }),
    LEAVE_ROOM: (body) => ({ room: readPlainRoom(body) }),
    MULTI_API_ADD_TARGET: (body) => ({ targetClientId: readPlainTarget(body) }),
    SERVICE_CALL: readPlainCall,
    TOPIC_SUBSCRIBE: readPlainTopic,
    TOPIC_UNSUBSCRIBE: readPlainTopic,
    IS_CLIENT_CONNECTED: (body) => ({ targetClientId: readPlainTarget(body) }),
  };

  it.each(plain)('from a plain client: $name', ({ event, body, reads, code }) => {
    const read = () => readers[event]?.(body);
    if (code) expect(thrownBy(read)).toBe(code);
    else expect(opened(read() as Packet)).toEqual(reads);
  });
});
