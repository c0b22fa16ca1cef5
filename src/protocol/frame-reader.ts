import { FRAME_HEADER, HEADS, MAX_HEADS, NUMBER_SIZE, RECORD_HEADER, readNumber, readU16, readU32 } from './frame.js';
import { P2PError, toP2PError } from './p2p-error.js';
import type { Packet } from './packet.js';
import { checkField } from './packet-checks.js';
import { type NameField, type PacketShape, SHAPES } from './packet-shape.js';
import { Payload } from './payload.js';
import { PAYLOAD_FORMATS } from './payload-codec.js';
import { readUtf8 } from './utf8.js';

/** What names something in a packet: of its type, who and what is meant. */
export interface Head {
  readonly shape: PacketShape;
  /** A packet with these names, whose other fields have no value yet: copies of it are made faster than others. */
  readonly names: Readonly<Partial<Packet>>;
}

/** Where a record lies in its frame, in bytes. */
export interface RecordPlace {
  readonly frame: Uint8Array;
  /** Where its length stands. */
  readonly start: number;
  /** Where its numbers begin. */
  readonly body: number;
  readonly end: number;
}

/** Who hears what a frame has in it. */
export interface FrameVisitor {
  /** Nothing more is to be read. */
  readonly hasEnough?: boolean;
  packet(head: Head, place: RecordPlace): void;
  /** A number is given to names. */
  defined?(place: RecordPlace): void;
  /** A record cannot be read, and has no other effect. Where it is cut off, nothing comes after it. */
  invalid(error: P2PError): void;
}

/** Which part of a frame is read. */
export interface ReadOptions {
  /** Where a record begins, in bytes. Default: the first. */
  readonly start?: number;
  /** How many records, at most. Default: all. */
  readonly most?: number;
}

/** Names, and the bytes that say them. */
interface SeenNames {
  readonly head: Head;
  readonly bytes: Uint8Array;
}

/** Reads the frames of a lane, and remembers what its numbers stand for. What came from outside is checked here. */
export class FrameReader {
  readonly #heads: (Head | undefined)[] = [];
  /** The names that came last in full, if that type came more than once: often they come again. */
  #lastNames: SeenNames | undefined;
  #lastCode: number | undefined;
  readonly #accepts: (shape: PacketShape) => boolean;

  /** `accepts` says which types the other side may send. */
  constructor(accepts: (shape: PacketShape) => boolean = () => true) {
    this.#accepts = accepts;
  }

  /**
   * Nothing is thrown but what the visitor throws. @returns where to go on, when `most` records have been read from
   * `start` and there are more
   */
  read(
    frame: Uint8Array,
    visitor: FrameVisitor,
    { start = FRAME_HEADER, most = Number.POSITIVE_INFINITY }: ReadOptions = {},
  ): number | undefined {
    let at = start;
    for (let left = most; at < frame.byteLength && !visitor.hasEnough; left--) {
      if (left === 0) return at;
      const end = endOfRecord(frame, at);
      if (end === undefined) {
        visitor.invalid(invalid('A record of a frame is cut off'));
        return undefined;
      }
      this.#readRecord({ frame, start: at, body: at + RECORD_HEADER, end }, visitor);
      at = end;
    }
    return undefined;
  }

  #readRecord(place: RecordPlace, visitor: FrameVisitor): void {
    const number = readU32(place.frame, place.start + 4);
    let head: Head | undefined;
    let body = place.body;
    try {
      if (number === HEADS.define) return this.#define(place, visitor);
      if (number === HEADS.whole) ({ head, body } = this.#readNames(place));
      else head = this.#heads[number];
      if (!head) throw invalid('A record has a head that was not defined');
    } catch (error) {
      return visitor.invalid(toP2PError(error));
    }
    visitor.packet(head, body === place.body ? place : { ...place, body });
  }

  #define(place: RecordPlace, visitor: FrameVisitor): void {
    const { frame, body, end } = place;
    if (body + 4 > end) throw invalid('A definition is too short');
    const number = readU32(frame, body);
    if (number < HEADS.first || number >= HEADS.first + MAX_HEADS) throw invalid('There is no such number of a head');
    // What it has stood for is over, whatever comes.
    this.#heads[number] = undefined;
    visitor.defined?.(place);
    const read = this.#readHead(place, body + 4);
    if (read.body !== end) throw invalid('A definition is too long');
    this.#heads[number] = read.head;
  }

  #readNames(place: RecordPlace): { head: Head; body: number } {
    const { frame, body: start, end } = place;
    const seen = this.#lastNames;
    if (seen && start + seen.bytes.byteLength <= end && isAt(frame, start, seen.bytes)) {
      return { head: seen.head, body: start + seen.bytes.byteLength };
    }
    const nameless = start < end ? NAMELESS[frame[start] as number] : undefined;
    if (nameless && this.#accepts(nameless.shape)) return { head: nameless, body: start + 1 };
    const read = this.#readHead(place, start);
    const { code } = read.head.shape;
    if (code === this.#lastCode) {
      this.#lastNames = { head: read.head, bytes: new Uint8Array(frame.subarray(start, read.body)) };
    }
    this.#lastCode = code;
    return read;
  }

  #readHead({ frame, end }: RecordPlace, start: number): { head: Head; body: number } {
    const shape = start < end ? SHAPES[frame[start] as number] : undefined;
    if (!shape || !this.#accepts(shape)) throw invalid('A record is of no type that may be sent');
    const names: Record<string, unknown> = { type: shape.type };
    let at = start + 1;
    for (const field of shape.names) {
      const size = sizeOfName(field, frame, at, end);
      const value = readName(field, frame, at, size);
      checkField(shape.type, field.name, value);
      names[field.name] = value;
      at += size;
    }
    return { head: headOf(shape, names), body: at };
  }
}

/** Other fields have no value yet. */
function headOf(shape: PacketShape, names: Record<string, unknown>): Head {
  for (const field of shape.numbers) names[field] = 0;
  if (shape.hasPayload) names.payload = undefined;
  return { shape, names };
}

/** By their code, the heads of types that name nothing, which are all alike. */
const NAMELESS: readonly (Head | undefined)[] = SHAPES.map((shape) =>
  shape.names.length === 0 ? headOf(shape, { type: shape.type }) : undefined,
);

/**
 * Makes a packet of a record. Its payload is a view of the frame.
 * @throws P2PError as `readEnvelope` does
 */
export function readPacket({ shape, names }: Head, { frame, start, body, end }: RecordPlace): Packet {
  const packet: Record<string, unknown> = { ...names };
  let at = body;
  if (at + shape.numbers.length * NUMBER_SIZE > end) throw invalid(`"${shape.type}" is too short`, shape.type);
  for (const field of shape.numbers) {
    const value = readNumber(frame, at);
    checkField(shape.type, field, value);
    packet[field] = value;
    at += NUMBER_SIZE;
  }
  if (shape.hasPayload) {
    const format = frame[at] as number;
    if (at >= end || format > PAYLOAD_FORMATS.mixed)
      throw invalid(`The payload of "${shape.type}" is not valid`, shape.type);
    packet.payload = Payload.ofFrame(format, { frame, start: at + 1, end, free: start === FRAME_HEADER ? 0 : start });
  } else if (at !== end) {
    throw invalid(`"${shape.type}" has no payload`, shape.type);
  }
  // Each field has been checked against the table that the type is derived from.
  return packet as unknown as Packet;
}

/** Whether a frame has more records than so many, complete or not; of short ones that is clear by their length. */
export function hasMoreRecords(frame: Uint8Array, most: number): boolean {
  if (frame.byteLength <= FRAME_HEADER + most * RECORD_HEADER) return false;
  let start: number | undefined = FRAME_HEADER;
  for (let left = most; left > 0 && start !== undefined; left--) start = endOfRecord(frame, start);
  return start !== undefined && start < frame.byteLength;
}

/** The stream that a record is for, however wrong the rest of it is. */
export function streamOfRecord({ shape }: Head, { frame, body, end }: RecordPlace): number | undefined {
  return shape.numbers[0] === 'stream' && body + NUMBER_SIZE <= end ? readNumber(frame, body) : undefined;
}

function isAt(frame: Uint8Array, start: number, bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.byteLength; at++) if (frame[start + at] !== bytes[at]) return false;
  return true;
}

function endOfRecord(frame: Uint8Array, start: number): number | undefined {
  if (start + RECORD_HEADER > frame.byteLength) return undefined;
  const end = start + 4 + readU32(frame, start);
  return end < start + RECORD_HEADER || end > frame.byteLength ? undefined : end;
}

/** With its length, in bytes. */
function sizeOfName({ kind }: NameField, frame: Uint8Array, at: number, end: number): number {
  const least = kind === 'text' ? 2 : kind === 'epoch' ? NUMBER_SIZE : 1;
  const size = at + least > end || kind !== 'text' ? least : least + readU16(frame, at);
  if (at + size > end) throw invalid('The head of a record is cut off');
  return size;
}

function readName({ kind, words }: NameField, frame: Uint8Array, at: number, size: number): unknown {
  if (kind === 'text') return readUtf8(frame, at + 2, at + size);
  return kind === 'epoch' ? readNumber(frame, at) : words[frame[at] as number];
}

function invalid(message: string, type?: string): P2PError {
  return new P2PError('PACKET_INVALID', message, { details: type === undefined ? {} : { type } });
}
