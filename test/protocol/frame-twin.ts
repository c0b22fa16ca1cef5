import { PACKET_FIELDS, type PacketType } from '../../src/protocol/packet.js';

/**
 * Frames written and read as plainly as can be, to hold the fast codec to. Nothing is checked here. Numbers are little
 * endian; a packet's fields keep the order of `PACKET_FIELDS` within each kind.
 *
 *     frame    [0xb2][lane: u16] record …
 *     record   [length of the rest: u32][head: u32] body
 *     head 0   a number from now on stands for names: [number: u32] names
 *     head 1   a packet in full: names, values
 *     head n   a packet with the names that n stands for: values
 *     names    [code: u8], its place in the table, and then each text [length: u16][UTF-8], epoch [u48], choice [u8]
 *     values   every other field [u48], and then the payload, if it has one, [format: u8][bytes to the end]
 */
export const TEXTS: readonly string[] = ['peer', 'clientId', 'secret', 'event', 'room', 'api', 'topic'];
export const CHOICES: Record<string, readonly string[]> = {
  mode: ['bytes', 'objects'],
  input: ['value', 'items'],
  output: ['value', 'items'],
};

/** Types whose names get a number: the same are likely to come again. */
const RECURRING = ['message', 'request', 'reply', 'call', 'publish', 'publish-wait', 'room-message'];

/** From 2 on; when so many are given, all begin anew. */
const MOST_NUMBERS = 1_024;

export const TYPES = Object.keys(PACKET_FIELDS) as PacketType[];

/** A packet without anything clever in it. */
export interface PlainPacket {
  readonly type: PacketType;
  readonly [field: string]: unknown;
}

export interface PlainPayload {
  readonly format: number;
  readonly data: Uint8Array;
}

function isNamed(field: string): boolean {
  return TEXTS.includes(field) || field === 'epoch' || field in CHOICES;
}

export function namesOf(type: PacketType): string[] {
  return PACKET_FIELDS[type].filter(isNamed);
}

export function numbersOf(type: PacketType): string[] {
  return PACKET_FIELDS[type].filter((field) => !isNamed(field) && field !== 'payload');
}

export function hasPayload(type: PacketType): boolean {
  return (PACKET_FIELDS[type] as readonly string[]).includes('payload');
}

export function uint(value: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntLE(value, 0, size);
  return bytes;
}

export function text(value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  return Buffer.concat([uint(bytes.length, 2), bytes]);
}

export function frame(lane: number, ...records: Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.of(0xb2), uint(lane, 2), ...records]);
}

export function record(head: number, ...body: Uint8Array[]): Buffer {
  const rest = Buffer.concat([uint(head, 4), ...body]);
  return Buffer.concat([uint(rest.length, 4), rest]);
}

export function names(packet: PlainPacket): Buffer {
  const parts = namesOf(packet.type).map((field) => {
    const value = packet[field];
    if (TEXTS.includes(field)) return text(value as string);
    return field === 'epoch' ? uint(value as number, 6) : uint(CHOICES[field]!.indexOf(value as string), 1);
  });
  return Buffer.concat([uint(TYPES.indexOf(packet.type), 1), ...parts]);
}

export function values(packet: PlainPacket): Buffer {
  const numbers = numbersOf(packet.type).map((field) => uint(packet[field] as number, 6));
  if (!hasPayload(packet.type)) return Buffer.concat(numbers);
  const { format, data } = packet.payload as PlainPayload;
  return Buffer.concat([...numbers, uint(format, 1), data]);
}

export function whole(packet: PlainPacket): Buffer {
  return record(1, names(packet), values(packet));
}

export function definition(number: number, packet: PlainPacket): Buffer {
  return record(0, uint(number, 4), names(packet));
}

export function numbered(number: number, packet: PlainPacket): Buffer {
  return record(number, values(packet));
}

export class TwinWriter {
  /** By the names in their bytes. */
  readonly #numbers = new Map<string, number>();

  frame(lane: number, packets: readonly PlainPacket[]): Buffer {
    return frame(lane, ...packets.flatMap((packet) => this.#records(packet)));
  }

  #records(packet: PlainPacket): Buffer[] {
    if (!RECURRING.includes(packet.type)) return [whole(packet)];
    const key = names(packet).toString('hex');
    const known = this.#numbers.get(key);
    if (known) return [numbered(known, packet)];
    if (this.#numbers.size === MOST_NUMBERS) this.#numbers.clear();
    const number = 2 + this.#numbers.size;
    this.#numbers.set(key, number);
    return [definition(number, packet), numbered(number, packet)];
  }
}

export class TwinReader {
  readonly #heads = new Map<number, PlainPacket>();

  read(bytes: Uint8Array): PlainPacket[] {
    const packets: PlainPacket[] = [];
    const frame = new Cursor(bytes.subarray(3));
    while (frame.left > 0) {
      const body = new Cursor(frame.take(frame.uint(4)));
      const head = body.uint(4);
      if (head === 0) this.#heads.set(body.uint(4), readNames(body));
      else packets.push(readValues(head === 1 ? readNames(body) : this.#heads.get(head)!, body));
    }
    return packets;
  }
}

class Cursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(size: number): Buffer {
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  uint(size: number): number {
    return this.take(size).readUIntLE(0, size);
  }
}

function readNames(body: Cursor): PlainPacket {
  const type = TYPES[body.uint(1)]!;
  const fields = namesOf(type).map((field) => {
    if (TEXTS.includes(field)) return [field, decode(body.take(body.uint(2)))];
    return [field, field === 'epoch' ? body.uint(6) : CHOICES[field]![body.uint(1)]];
  });
  return { type, ...Object.fromEntries(fields) };
}

function readValues(head: PlainPacket, body: Cursor): PlainPacket {
  const numbers = Object.fromEntries(numbersOf(head.type).map((field) => [field, body.uint(6)]));
  if (!hasPayload(head.type)) return { ...head, ...numbers };
  return { ...head, ...numbers, payload: { format: body.uint(1), data: body.take(body.left) } };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
