import { HEADS, MAX_HEADS } from './frame.js';
import { fieldOf, type Packet } from './packet.js';
import type { PacketShape } from './packet-shape.js';

type Names = Map<unknown, Names | number>;

/**
 * The numbers that the writer of a lane has given to the names of its packets. When all are used up, it begins anew:
 * the reader keeps what a number has stood for last.
 */
export class HeadNumbers {
  /** By the code of the type, then by the names in their order. */
  #roots: (Names | number | undefined)[] = [];
  #used = 0;
  #generation = 0;

  /** Changes when it begins anew: no number that was got before is good any more. */
  get generation(): number {
    return this.#generation;
  }

  /** The number for the names of a packet, if they have one. */
  get({ code, names }: PacketShape, packet: Packet): number | undefined {
    let found = this.#roots[code];
    for (const { name } of names) {
      if (found === undefined) return undefined;
      found = (found as Names).get(fieldOf(packet, name));
    }
    return found as number | undefined;
  }

  /** Gives them one, which the reader has to be told. */
  add({ code, names }: PacketShape, packet: Packet): number {
    if (this.#used === MAX_HEADS) this.#beginAnew();
    const number = HEADS.first + this.#used++;
    const last = names.at(-1);
    if (!last) {
      this.#roots[code] = number;
      return number;
    }
    this.#roots[code] ??= new Map();
    let parent = this.#roots[code] as Names;
    for (const { name } of names.slice(0, -1)) {
      const value = fieldOf(packet, name);
      const child = (parent.get(value) as Names | undefined) ?? new Map();
      parent.set(value, child);
      parent = child;
    }
    parent.set(fieldOf(packet, last.name), number);
    return number;
  }

  #beginAnew(): void {
    this.#roots = [];
    this.#used = 0;
    this.#generation++;
  }
}
