import { asUint8Array, isBytes } from './argument-shape.js';
import type { ErrorCode } from './error-codes.js';
import { isReservedEvent } from './event-names.js';
import { isClientId, isName, isReservedRoom, ROUTER } from './identifiers.js';
import { MAX_SECRET_LENGTH, MAX_STREAM_WINDOW, MAX_TIMEOUT } from './limits.js';
import { P2PError } from './p2p-error.js';
import {
  type ClientPacket,
  type FieldName,
  PACKET_FIELDS,
  type Packet,
  type PacketType,
  ROUTER_PACKETS,
} from './packet.js';
import { Payload } from './payload.js';
import { PAYLOAD_FORMATS } from './payload-codec.js';

/**
 * The two arguments of the envelope event. The header comes last because Socket.IO's connection
 * state recovery takes a string in last place for an offset of its own.
 */
export type Envelope = readonly [data: unknown, header: unknown];

/** Says what is wrong with a value, or nothing. */
type FieldCheck = (value: unknown) => ErrorCode | undefined;

const accept =
  (test: (value: unknown) => boolean): FieldCheck =>
  (value) =>
    test(value) ? undefined : 'PACKET_INVALID';

const integerFrom =
  (least: number, most: number = Number.MAX_SAFE_INTEGER): FieldCheck =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : 'PACKET_INVALID';

const FIELD_CHECKS: Record<Exclude<FieldName, 'payload'>, FieldCheck> = {
  peer: accept((value) => value === ROUTER || isClientId(value)),
  clientId: (value) => (isClientId(value) ? undefined : 'CLIENT_ID_INVALID'),
  epoch: integerFrom(0),
  id: integerFrom(0),
  timeout: integerFrom(1, MAX_TIMEOUT),
  stream: integerFrom(0),
  mode: accept((value) => value === 'bytes' || value === 'objects'),
  credit: integerFrom(0, MAX_STREAM_WINDOW),
  probe: integerFrom(0),
  input: accept(isCallBody),
  output: accept(isCallBody),
  count: integerFrom(1),
  version: integerFrom(1),
  maxPayload: integerFrom(1),
  secret: accept(isSecret),
  event: (value) => (!isName(value) ? 'PACKET_INVALID' : isReservedEvent(value) ? 'EVENT_RESERVED' : undefined),
  api: accept(isName),
  topic: accept(isName),
  room: (value) => (!isName(value) ? 'PACKET_INVALID' : isReservedRoom(value) ? 'ROOM_RESERVED' : undefined),
};

const ROUTER_ONLY: ReadonlySet<PacketType> = new Set(ROUTER_PACKETS);

const STREAM_TYPES: ReadonlySet<unknown> = new Set<PacketType>(['data', 'part', 'credit', 'finish', 'reset']);

export function isSecret(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_SECRET_LENGTH;
}

function isCallBody(value: unknown): boolean {
  return value === 'value' || value === 'items';
}

/** Writes a packet as the arguments of the envelope event. */
export function writeEnvelope(packet: Packet): Envelope {
  const header: unknown[] = [packet.type];
  let data: string | Uint8Array | null = null;
  for (const field of PACKET_FIELDS[packet.type]) {
    const value = (packet as Partial<Record<FieldName, unknown>>)[field];
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
  if (ROUTER_ONLY.has(packet.type)) throw invalid(`A client may not send "${packet.type}"`, { type: packet.type });
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
  const problem = FIELD_CHECKS[field](value);
  if (problem) throw new P2PError(problem, `The ${field} of "${type}" is not valid`, { details: { type, field } });
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
