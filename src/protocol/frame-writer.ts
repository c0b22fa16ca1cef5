import { ByteWriter } from './byte-writer.js';
import { FRAME_HEADER } from './frame.js';
import { HeadNumbers } from './head-numbers.js';
import type { Packet } from './packet.js';
import { shapeOfType } from './packet-shape.js';
import { writeDefinition, writeNumbered, writeWhole } from './record-writer.js';

/** Writes the packets of one lane into frames. */
export class FrameWriter {
  readonly #lane: number;
  readonly #room: number;
  readonly #writer = new ByteWriter();
  readonly #numbers = new HeadNumbers();

  /** Before each frame there is `room` for something else, in bytes. */
  constructor(lane: number, room = 0) {
    this.#lane = lane;
    this.#room = room;
  }

  /** Of the frame so far, in bytes. */
  get size(): number {
    return Math.max(0, this.#writer.size - this.#room);
  }

  add(packet: Packet): void {
    const shape = shapeOfType(packet.type);
    if (this.#writer.size === 0) this.#begin();
    if (!shape.recurs) return writeWhole(this.#writer, shape, packet);
    let number = this.#numbers.get(shape, packet);
    if (number === undefined) {
      number = this.#numbers.add(shape, packet);
      writeDefinition(this.#writer, shape, packet, number);
    }
    writeNumbered(this.#writer, shape, packet, number);
  }

  /** The frame; nothing where there are no packets. */
  take(): Uint8Array | undefined {
    return this.size > FRAME_HEADER ? this.#writer.take().subarray(this.#room) : undefined;
  }

  #begin(): void {
    this.#writer.skip(this.#room);
    this.#writer.frameHeader(this.#lane);
  }
}
