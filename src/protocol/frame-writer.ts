import { ByteWriter } from './byte-writer.js';
import { FRAME_HEADER } from './frame.js';
import { HeadNumbers } from './head-numbers.js';
import type { Packet } from './packet.js';
import { writePacket } from './record-writer.js';

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
    if (this.#writer.size === 0) this.#begin();
    writePacket(this.#writer, this.#numbers, packet);
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
