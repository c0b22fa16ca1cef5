import { asUint8Array, isBytes } from './argument-shape.js';
import { P2PError } from './p2p-error.js';
import {
  type ClientPacket,
  type FieldName,
  fieldOf,
  isFromClient,
  PACKET_FIELDS,
  type Packet,
  type PacketType,
} from './packet.js';
import { checkField } from './packet-checks.js';
import { Payload } from './payload.js';
import { PAYLOAD_FORMATS } from './payload-codec.js';

/**
 * The two arguments of the envelope event. The header comes last because Socket.IO's connection
 * state recovery takes a string in last place for an offset of its own.
 */
export type Envelope = readonly [data: unknown, header: unknown];

const STREAM_TYPES: ReadonlySet<unknown> = new Set<PacketType>(['data', 'part', 'credit', 'finish', 'reset']);

/** Writes a packet as the arguments of the envelope event. */
export function writeEnvelope(packet: Packet): Envelope {
  const header: unknown[] = [packet.type];
  let data: string | Uint8Array | null = null;
  for (const field of PACKET_FIELDS[packet.type]) {
    const value = fieldOf(packet, field);
    if (value instanceof Payload) {
      header.push(value.encoded.format);
      data = value.encoded.data;
    } else {
      header.push(value);
    }
  }
  return [data, header];
}

/**
 * The trust boundary: whatever arrived as an envelope becomes a packet that a client may send.
 * @throws P2PError `PACKET_INVALID`, `EVENT_RESERVED`, `ROOM_RESERVED`, `CLIENT_ID_INVALID`
 */
export function readFromClient(data: unknown, header: unknown): ClientPacket {
  const packet = readEnvelope(data, header);
  if (!isFromClient(packet.type)) throw invalid(`A client may not send "${packet.type}"`, { type: packet.type });
  return packet as ClientPacket;
}

/** The stream that a packet is for, however wrong the rest of it is. */
export function streamNamedBy(header: unknown): number | undefined {
  if (!Array.isArray(header) || !STREAM_TYPES.has(header[0])) return undefined;
  return Number.isSafeInteger(header[1]) ? header[1] : undefined;
}

/** The same for what the router sent. */
export function readEnvelope(data: unknown, header: unknown): Packet {
  if (!Array.isArray(header)) throw invalid('The header is no array');
  const [type] = header;
  if (typeof type !== 'string' || !Object.hasOwn(PACKET_FIELDS, type)) throw invalid('Unknown type of packet');
  const fields = PACKET_FIELDS[type as PacketType];
  if (header.length !== fields.length + 1) throw invalid(`"${type}" has ${fields.length} fields`, { type });
  const packet: Record<string, unknown> = { type };
  let index = 1;
  for (const field of fields) {
    packet[field] = readField(type, field, header[index++], data);
  }
  if (!(fields as readonly FieldName[]).includes('payload') && data !== null) {
    throw invalid(`"${type}" has no payload`, { type });
  }
  // Each field has been checked against the table that the type is derived from.
  return packet as unknown as Packet;
}

function readField(type: string, field: FieldName, value: unknown, data: unknown): unknown {
  if (field === 'payload') return readPayload(type, value, data);
  checkField(type, field, value);
  return value;
}

function readPayload(type: string, format: unknown, data: unknown): Payload {
  if (format === PAYLOAD_FORMATS.json && typeof data === 'string') return Payload.ofEncoded({ format, data });
  if ((format === PAYLOAD_FORMATS.bytes || format === PAYLOAD_FORMATS.mixed) && isBytes(data)) {
    return Payload.ofEncoded({ format, data: asUint8Array(data) });
  }
  throw invalid(`The payload of "${type}" is not valid`, { type, field: 'payload' });
}

function invalid(message: string, details: Record<string, unknown> = {}): P2PError {
  return new P2PError('PACKET_INVALID', message, { details });
}
