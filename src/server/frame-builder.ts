import { EndOfTurn } from '../async/end-of-turn.js';
import { ByteWriter } from '../protocol/byte-writer.js';
import { FRAME_HEADER, HEADS, writeFrameHeader } from '../protocol/frame.js';
import type { HeadNumbers } from '../protocol/head-numbers.js';
import { ROUTER } from '../protocol/identifiers.js';
import type { Packet } from '../protocol/packet.js';
import { type PacketShape, shapeOfType } from '../protocol/packet-shape.js';
import type { Payload } from '../protocol/payload.js';
import {
  define,
  sizeBeforePayload,
  writeBeforePayload,
  writeNumbered,
  writePacket,
  writeWhole,
} from '../protocol/record-writer.js';
import type { BuiltFrame } from './outlet.js';
import { Scratch } from './scratch.js';
import { FOR_LATER, frameBytes } from './websocket-frame.js';

export type PayloadPacket = Packet & { readonly payload: Payload };

interface LastFrame extends BuiltFrame {
  readonly lane: number;
  readonly records: readonly Uint8Array[];
  readonly isScratch: boolean;
}

/** Makes frames, for all lanes of a server: what many are sent alike is made once. */
export class FrameBuilder {
  readonly endOfTurn = new EndOfTurn();
  readonly #writer = new ByteWriter();
  readonly #scratch = new Scratch();
  readonly #takeScratch = (length: number) => this.#scratch.take(length);
  #last: LastFrame | undefined;

  /** A record that says everything, for any lane. */
  whole(packet: Packet): Uint8Array {
    writeWhole(this.#writer, shapeOfType(packet.type), packet);
    return this.#writer.take();
  }

  /** A record for one lane; what its number stands for is said before, where that is new. */
  record(numbers: HeadNumbers, packet: Packet): Uint8Array {
    // Its names are short, and most clients ask the router something: they are to take no memory for that.
    if (packet.type === 'reply' && packet.peer === ROUTER) return this.whole(packet);
    writePacket(this.#writer, numbers, packet);
    return this.#writer.take();
  }

  /** The record that gives a number to the names of a packet, and the number. */
  definition(numbers: HeadNumbers, shape: PacketShape, packet: Packet): { number: number; record: Uint8Array } {
    const number = define(this.#writer, numbers, { shape, packet });
    return { number, record: this.#writer.take() };
  }

  /**
   * A frame, of no lane yet, of one packet whose names have that number; `HEADS.whole` where there are none. It is not
   * copied where it came in a frame by itself.
   */
  frame(packet: PayloadPacket, number: number): Uint8Array {
    const shape = shapeOfType(packet.type);
    const inPlace = packet.payload.takeWithRoom(FRAME_HEADER + sizeBeforePayload(shape));
    if (!inPlace) {
      this.#writer.frameHeader(0);
      if (number === HEADS.whole) writeWhole(this.#writer, shape, packet);
      else writeNumbered(this.#writer, shape, packet, number);
      return this.#writer.take();
    }
    writeBeforePayload(inPlace.subarray(FRAME_HEADER), shape, packet, number);
    return inPlace;
  }

  /**
   * One frame of all these. Where the last was made of the very same, it is used again. What goes out at once may be
   * overwritten by the next, unless it is kept.
   */
  build(lane: number, records: readonly Uint8Array[], goesAtOnce: boolean): BuiltFrame {
    const last = this.#last;
    if (last && last.lane === lane && isSame(last.records, records)) return last;
    let length = FRAME_HEADER;
    for (const { byteLength } of records) length += byteLength;
    const { whole, message } = frameBytes(length, goesAtOnce ? this.#takeScratch : FOR_LATER);
    writeFrameHeader(message, 0, lane);
    let at = FRAME_HEADER;
    for (const record of records) {
      message.set(record, at);
      at += record.byteLength;
    }
    this.#last = { message, whole: [whole], lane, records, isScratch: goesAtOnce };
    return this.#last;
  }

  /** The last frame is still needed. */
  keep(): void {
    if (this.#last?.isScratch) this.#scratch.leave();
  }
}

function isSame(some: readonly Uint8Array[], others: readonly Uint8Array[]): boolean {
  return some.length === others.length && some.every((each, index) => each === others[index]);
}
