import { type FieldName, PACKET_FIELDS, type PacketType } from '../../../src/protocol/packet.js';

/**
 * Frames written by hand, as `PROTOCOL.md` has them and not by the code that is attacked: right, or wrong as told.
 * Bytes in place of any value stand there as they are.
 */

type Bytes = Uint8Array;

/** What a packet holds, by field: a payload is its format, and its data stands in `data`. */
export type Fields = Readonly<Record<string, unknown>> & { readonly data?: string | Bytes };

/** Types by their code. */
const CODES = Object.keys(PACKET_FIELDS) as PacketType[];

const TEXTS: ReadonlySet<string> = new Set(['peer', 'clientId', 'secret', 'event', 'room', 'api', 'topic']);

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  mode: ['bytes', 'objects'],
  input: ['value', 'items'],
  output: ['value', 'items'],
};

export const DEFINE = 0;
export const WHOLE = 1;

/** The first number that a head may have, and how many there are. */
export const FIRST_HEAD = 2;
export const HEAD_COUNT = 1_024;

export function join(...parts: readonly (Bytes | readonly number[])[]): Bytes {
  return Buffer.concat(parts.map((part) => (part instanceof Uint8Array ? part : Buffer.from(part))));
}

export const u8 = (value: number): Bytes => Buffer.from([value & 0xff]);

export function u16(value: number): Bytes {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function u32(value: number): Bytes {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** A number of six bytes. */
export function u48(value: number): Bytes {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntLE(value, 0, 6);
  return bytes;
}

export function text(value: string | Bytes, length?: number): Bytes {
  const bytes = Buffer.from(value as string);
  return join(u16(length ?? bytes.byteLength), bytes);
}

export function codeOf(type: string): number {
  const code = CODES.indexOf(type as PacketType);
  return code < 0 ? 0xff : code;
}

/** Who and what a packet is about: its code, and its fields that name something. */
export function names(type: PacketType, fields: Fields): Bytes {
  const written = PACKET_FIELDS[type].filter(isName).map((field) => name(field, fields[field]));
  return join(u8(codeOf(type)), ...written);
}

/** What comes after them: its numbers, and its payload. */
export function body(type: PacketType, fields: Fields): Bytes {
  const written = PACKET_FIELDS[type].filter((field) => !isName(field)).map((field) => value(field, fields));
  return join(...written);
}

/** One record, with its length before it. */
export function rawRecord(head: number, ...parts: readonly Bytes[]): Bytes {
  const rest = join(u32(head), ...parts);
  return join(u32(rest.byteLength), rest);
}

/** A record that gives a number to what a packet is about. */
export function definition(number: number, type: PacketType, fields: Fields): Bytes {
  return rawRecord(DEFINE, u32(number), names(type, fields));
}

/** A packet of which a number says what it is about. */
export function numbered(number: number, type: PacketType, fields: Fields): Bytes {
  return rawRecord(number, body(type, fields));
}

/** A packet with everything in it. */
export function whole(type: PacketType, fields: Fields): Bytes {
  return rawRecord(WHOLE, names(type, fields), body(type, fields));
}

export function frame(lane: number, ...records: readonly Bytes[]): Bytes {
  return join(u8(0xb2), u16(lane), ...records);
}

/** The fields of a packet that is written as the two arguments of an envelope. */
export function fieldsOf(data: unknown, header: readonly unknown[]): Fields {
  const fields: readonly string[] = PACKET_FIELDS[header[0] as PacketType];
  const bytes = data instanceof Uint8Array || typeof data === 'string' ? data : '';
  return { ...Object.fromEntries(fields.map((field, index) => [field, header[index + 1]])), data: bytes };
}

function isName(field: FieldName): boolean {
  return TEXTS.has(field) || field === 'epoch' || CHOICES[field] !== undefined;
}

function name(field: string, given: unknown): Bytes {
  if (TEXTS.has(field)) return text(given as string | Bytes);
  if (given instanceof Uint8Array) return given;
  return field === 'epoch' ? u48(given as number) : u8(CHOICES[field]!.indexOf(given as string));
}

function value(field: string, fields: Fields): Bytes {
  const given = fields[field];
  if (given instanceof Uint8Array) return given;
  return field === 'payload' ? join(u8(given as number), Buffer.from(fields.data as string)) : u48(given as number);
}
