import { PACKET_FIELDS, type PacketType } from '../../../src/protocol/packet.js';
import { CHOICES, namesOf, record, TEXTS, TYPES, uint } from '../../protocol/frame-twin.js';

/**
 * Records of frames written by hand, as `PROTOCOL.md` has them: right, or wrong as they are told to be. Bytes in place
 * of any value stand there as they are.
 */

type Bytes = Uint8Array;

/** What a packet holds, by field: a payload is its format, and its data stands in `data`. */
export type Fields = Readonly<Record<string, unknown>> & { readonly data?: string | Bytes };

export const DEFINE = 0;
export const WHOLE = 1;

/** The first number that a head may have, and how many there are. */
export const FIRST_HEAD = 2;
export const HEAD_COUNT = 1_024;

export function join(...parts: readonly (Bytes | readonly number[])[]): Bytes {
  return Buffer.concat(parts.map((part) => (part instanceof Uint8Array ? part : Buffer.from(part))));
}

export const u8 = (value: number): Bytes => uint(value & 0xff, 1);
export const u16 = (value: number): Bytes => uint(value, 2);
export const u32 = (value: number): Bytes => uint(value, 4);
/** A number of six bytes. */
export const u48 = (value: number): Bytes => uint(value, 6);

/** `length` is what is said of it. */
export function text(value: string | Bytes, length?: number): Bytes {
  const bytes = Buffer.from(value as string);
  return join(u16(length ?? bytes.byteLength), bytes);
}

export function codeOf(type: string): number {
  const code = TYPES.indexOf(type as PacketType);
  return code < 0 ? 0xff : code;
}

/** Who and what a packet is about: its code, and its fields that name something. */
export function names(type: PacketType, fields: Fields): Bytes {
  return join(u8(codeOf(type)), ...namesOf(type).map((field) => name(field, fields[field])));
}

/** What comes after them: its numbers, and its payload. */
export function body(type: PacketType, fields: Fields): Bytes {
  const others = PACKET_FIELDS[type].filter((field) => !namesOf(type).includes(field));
  return join(...others.map((field) => value(field, fields)));
}

/** A record that gives a number to what a packet is about. */
export function definition(number: number, type: PacketType, fields: Fields): Bytes {
  return record(DEFINE, u32(number), names(type, fields));
}

/** A packet of which a number says what it is about. */
export function numbered(number: number, type: PacketType, fields: Fields): Bytes {
  return record(number, body(type, fields));
}

/** A packet with everything in it. */
export function whole(type: PacketType, fields: Fields): Bytes {
  return record(WHOLE, names(type, fields), body(type, fields));
}

/** The fields of a packet that is written as the two arguments of an envelope. */
export function fieldsOf(data: unknown, header: readonly unknown[]): Fields {
  const fields: readonly string[] = PACKET_FIELDS[header[0] as PacketType];
  const bytes = data instanceof Uint8Array || typeof data === 'string' ? data : '';
  return { ...Object.fromEntries(fields.map((field, index) => [field, header[index + 1]])), data: bytes };
}

function name(field: string, given: unknown): Bytes {
  if (TEXTS.includes(field)) return text(given as string | Bytes);
  if (given instanceof Uint8Array) return given;
  return field === 'epoch' ? u48(given as number) : u8(CHOICES[field]!.indexOf(given as string));
}

function value(field: string, fields: Fields): Bytes {
  const given = fields[field];
  if (given instanceof Uint8Array) return given;
  return field === 'payload' ? join(u8(given as number), Buffer.from(fields.data as string)) : u48(given as number);
}
