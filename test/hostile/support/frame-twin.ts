import { isReservedEvent } from '../../../src/protocol/event-names.js';
import { isClientId, isName } from '../../../src/protocol/identifiers.js';
import { PACKET_FIELDS, ROUTER_PACKETS } from '../../../src/protocol/packet.js';
import { DEFINE, FIRST_HEAD, HEAD_COUNT, WHOLE } from './records.js';

/** A message, as it is to reach its target. */
export interface TwinMessage {
  readonly target: string;
  readonly event: string;
  readonly format: number;
  readonly data: Buffer;
}

/** What a number stands for; of what is no message only that there is something. */
type TwinHead = { readonly target: string; readonly event: string } | 'other';

/** What a frame comes to. */
export interface TwinReading {
  readonly messages: readonly TwinMessage[];
  /** There may be packets of other types in it, of which nothing is known here. */
  readonly hasOthers: boolean;
}

/** Something is wrong with a record. */
const WRONG = new Error('wrong');

const OTHER_TYPES = Object.keys(PACKET_FIELDS).slice(1);

/** A second reader of frames, which knows messages alone and is as simple as can be. */
export class FrameTwin {
  readonly #heads: Map<number, TwinHead>;

  constructor(heads: ReadonlyMap<number, TwinHead> = new Map()) {
    this.#heads = new Map(heads);
  }

  /** One that has read the same. */
  clone(): FrameTwin {
    return new FrameTwin(this.#heads);
  }

  /** Of a frame without what comes before its records. */
  read(records: Uint8Array): TwinReading {
    const bytes = Buffer.from(records);
    const messages: TwinMessage[] = [];
    let hasOthers = false;
    for (let at = 0; at + 8 <= bytes.length; ) {
      const end = at + 4 + bytes.readUInt32LE(at);
      if (end < at + 8 || end > bytes.length) break;
      try {
        const read = this.#read(bytes.readUInt32LE(at + 4), new Cursor(bytes.subarray(at + 8, end)));
        if (read === 'other') hasOthers = true;
        else if (read) messages.push(read);
      } catch (error) {
        if (error !== WRONG) throw error;
      }
      at = end;
    }
    return { messages, hasOthers };
  }

  #read(number: number, cursor: Cursor): TwinMessage | 'other' | undefined {
    if (number === DEFINE) return this.#define(cursor);
    const head = number === WHOLE ? readHead(cursor) : this.#heads.get(number);
    if (head === 'other') return 'other';
    if (!head) throw WRONG;
    const format = cursor.byte();
    if (format > 2) throw WRONG;
    return { ...head, format, data: cursor.rest() };
  }

  #define(cursor: Cursor): undefined {
    const number = cursor.take(4).readUInt32LE(0);
    if (number < FIRST_HEAD || number >= FIRST_HEAD + HEAD_COUNT) throw WRONG;
    this.#heads.delete(number);
    const head = readHead(cursor);
    // Of another type it is not known how long it has to be: as if it was right.
    if (head !== 'other' && cursor.rest().length > 0) throw WRONG;
    this.#heads.set(number, head);
  }
}

function readHead(cursor: Cursor): TwinHead {
  const code = cursor.byte();
  if (code > 0) {
    const type = OTHER_TYPES[code - 1];
    if (!type || (ROUTER_PACKETS as readonly string[]).includes(type)) throw WRONG;
    return 'other';
  }
  const target = cursor.text();
  if (target !== '' && !isClientId(target)) throw WRONG;
  const event = cursor.text();
  if (!isName(event) || isReservedEvent(event)) throw WRONG;
  return { target, event };
}

/** Takes what is there from the front, and nothing beyond. */
class Cursor {
  #left: Buffer;

  constructor(bytes: Buffer) {
    this.#left = bytes;
  }

  take(length: number): Buffer {
    if (length > this.#left.length) throw WRONG;
    const taken = this.#left.subarray(0, length);
    this.#left = this.#left.subarray(length);
    return taken;
  }

  byte(): number {
    return this.take(1).readUInt8(0);
  }

  text(): string {
    return this.take(this.take(2).readUInt16LE(0)).toString();
  }

  rest(): Buffer {
    return this.take(this.#left.length);
  }
}
