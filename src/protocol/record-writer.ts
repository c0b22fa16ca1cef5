import { type ByteWriter, roomForText } from './byte-writer.js';
import { HEADS, NUMBER_SIZE, RECORD_HEADER, writeNumber, writeU32 } from './frame.js';
import type { HeadNumbers } from './head-numbers.js';
import { fieldOf, type Packet } from './packet.js';
import { type NameField, type PacketShape, shapeOfType } from './packet-shape.js';
import type { Payload } from './payload.js';

/** Writes a packet for a reader that knows these numbers; what is new of its names is defined before, where that is worth it. */
export function writePacket(writer: ByteWriter, numbers: HeadNumbers, packet: Packet): void {
  const shape = shapeOfType(packet.type);
  if (!shape.recurs) return writeWhole(writer, shape, packet);
  const number = numbers.get(shape, packet) ?? define(writer, numbers, { shape, packet });
  writeNumbered(writer, shape, packet, number);
}

/** Gives a number to the names of a packet, and writes what it stands for. */
export function define(
  writer: ByteWriter,
  numbers: HeadNumbers,
  { shape, packet }: { readonly shape: PacketShape; readonly packet: Packet },
): number {
  const number = numbers.add(shape, packet);
  writeDefinition(writer, shape, packet, number);
  return number;
}

/** Writes a record by which the reader learns what a number stands for from now on. */
function writeDefinition(writer: ByteWriter, shape: PacketShape, packet: Packet, number: number): void {
  writer.reserve(RECORD_HEADER + 5 + roomForNames(shape, packet));
  const start = begin(writer, HEADS.define);
  writer.u32(number);
  writeNames(writer, shape, packet);
  end(writer, start);
}

/** Writes a packet with everything in it. */
export function writeWhole(writer: ByteWriter, shape: PacketShape, packet: Packet): void {
  writer.reserve(RECORD_HEADER + 1 + roomForNames(shape, packet) + roomForBody(shape, packet));
  const start = begin(writer, HEADS.whole);
  writeNames(writer, shape, packet);
  writeBody(writer, shape, packet);
  end(writer, start);
}

/** Writes a packet whose names have a number. */
export function writeNumbered(writer: ByteWriter, shape: PacketShape, packet: Packet, number: number): void {
  writer.reserve(RECORD_HEADER + roomForBody(shape, packet));
  const start = begin(writer, number);
  writeBody(writer, shape, packet);
  end(writer, start);
}

/** The same where the payload stands in memory already, at its end: writes what comes before it. */
export function writeBeforePayload(
  record: Uint8Array,
  { code, names, numbers }: PacketShape,
  packet: Packet & { readonly payload: Payload },
  number: number,
): void {
  writeU32(record, 0, record.byteLength - 4);
  writeU32(record, 4, number);
  let at = RECORD_HEADER;
  if (names.length === 0) record[at++] = code;
  for (const field of numbers) {
    writeNumber(record, at, fieldOf(packet, field) as number);
    at += NUMBER_SIZE;
  }
  record[at] = packet.payload.format;
}

/** What a record takes before its payload, where it has no names or these have a number, in bytes. */
export function sizeBeforePayload({ names, numbers }: PacketShape): number {
  return RECORD_HEADER + (names.length === 0 ? 1 : 0) + numbers.length * NUMBER_SIZE + 1;
}

function begin(writer: ByteWriter, head: number): number {
  const start = writer.size;
  writer.u32(0);
  writer.u32(head);
  return start;
}

function end(writer: ByteWriter, start: number): void {
  writer.setU32(start, writer.size - start - 4);
}

function writeNames(writer: ByteWriter, { code, names }: PacketShape, packet: Packet): void {
  writer.u8(code);
  for (const field of names) writeName(writer, field, fieldOf(packet, field.name));
}

function writeName(writer: ByteWriter, { kind, words }: NameField, value: unknown): void {
  if (kind === 'text') writer.name(value as string);
  else if (kind === 'epoch') writer.number(value as number);
  else writer.u8(words.indexOf(value as string));
}

function writeBody(writer: ByteWriter, { numbers, hasPayload }: PacketShape, packet: Packet): void {
  for (const field of numbers) writer.number(fieldOf(packet, field) as number);
  if (!hasPayload) return;
  const payload = fieldOf(packet, 'payload') as Payload;
  writer.u8(payload.format);
  payload.writeTo(writer);
}

function roomForNames({ names }: PacketShape, packet: Packet): number {
  let room = 1;
  for (const { kind, name } of names) {
    room += kind === 'text' ? roomForText(fieldOf(packet, name) as string) : NUMBER_SIZE;
  }
  return room;
}

function roomForBody({ numbers, hasPayload }: PacketShape, packet: Packet): number {
  const payload = hasPayload ? (fieldOf(packet, 'payload') as Payload).mostBytes : 0;
  return numbers.length * NUMBER_SIZE + 1 + payload;
}
