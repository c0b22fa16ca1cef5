import { MAX_LANE } from '../protocol/frame.js';
import { canTap, tapFrames } from '../protocol/frame-tap.js';
import { type Connection, decoderOf } from './connection.js';
import type { RawServerSocket } from './raw-server.js';

/** Takes a frame of its lane. */
export type FrameListener = (frame: Uint8Array) => void;

const lanes = new WeakMap<Connection, ConnectionLanes>();

/** The lanes of one connection, which may have joined several namespaces. */
export class ConnectionLanes {
  readonly #listeners = new Map<number, FrameListener>();
  #last = 0;

  /** Missing: this connection carries no frames. */
  static of(socket: RawServerSocket): ConnectionLanes | undefined {
    const present = lanes.get(socket.conn);
    if (present) return present;
    const decoder = decoderOf(socket);
    if (!decoder || !canTap(decoder)) return undefined;
    const created = new ConnectionLanes();
    tapFrames(decoder, (lane, frame) => created.#take(lane, frame));
    lanes.set(socket.conn, created);
    return created;
  }

  /** @returns the number of the lane, which no other has had; 0 where all are used up */
  open(listener: FrameListener): number {
    if (this.#last === MAX_LANE) return 0;
    this.#listeners.set(++this.#last, listener);
    return this.#last;
  }

  close(lane: number): void {
    this.#listeners.delete(lane);
  }

  /** What comes for a lane that is over is late, no fault. */
  #take(lane: number, frame: Uint8Array): boolean {
    if (lane === 0 || lane > this.#last) return false;
    const listener = this.#listeners.get(lane);
    // As late as Socket.IO hands on events, so that everything stays in its order.
    if (listener) process.nextTick(process.nextTick, listener, frame);
    return true;
  }
}
