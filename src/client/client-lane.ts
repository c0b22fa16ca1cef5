import { FrameReader, type FrameVisitor, readPacket } from '../protocol/frame-reader.js';
import { FrameWriter } from '../protocol/frame-writer.js';
import { FULL_FRAME, LARGE_PAYLOAD } from '../protocol/limits.js';
import { type P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { Packet } from '../protocol/packet.js';
import { FrameOutlet, MOST_BEFORE } from './frame-outlet.js';
import { openLane } from './manager-lanes.js';
import type { RawSocket } from './raw-socket.js';

/** What one packet takes beside its payload, at most: names have up to 384 characters of up to 3 bytes, twice. */
const MOST_HEADER = 4_096;

export interface ClientLaneOptions {
  readonly socket: RawSocket;
  readonly lane: number;
  /** Largest message that the server takes, in bytes. */
  readonly maxMessage: number;
  readonly received: (packet: Packet) => void;
  readonly failed: (error: P2PError) => void;
}

/** Packets in frames: what is sent in one turn leaves as one. */
export class ClientLane {
  readonly #outlet: FrameOutlet;
  readonly #writer: FrameWriter;
  readonly #reader = new FrameReader();
  readonly #visitor: FrameVisitor;
  readonly #full: number;
  readonly #stopListening: () => void;
  #isAwaited = false;

  constructor({ socket, lane, maxMessage, received, failed }: ClientLaneOptions) {
    this.#outlet = new FrameOutlet(socket, maxMessage);
    this.#writer = new FrameWriter(lane, MOST_BEFORE);
    // Where bytes travel as text, they become longer by a third.
    this.#full = Math.min(FULL_FRAME, Math.floor(maxMessage / 2));
    this.#visitor = {
      packet: (head, place) => {
        let packet: Packet;
        try {
          packet = readPacket(head, place);
        } catch (error) {
          return failed(toP2PError(error));
        }
        received(packet);
      },
      invalid: failed,
    };
    this.#stopListening = openLane(socket, lane, (frame) => this.#reader.read(frame, this.#visitor));
  }

  send(packet: Packet): void {
    const isLarge = 'payload' in packet && packet.payload.isAtLeast(LARGE_PAYLOAD);
    const size = 'payload' in packet ? packet.payload.mostBytes : 0;
    if (isLarge || this.#writer.size + size + MOST_HEADER > this.#full) this.flush();
    this.#writer.add(packet);
    if (isLarge) return this.flush();
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    queueMicrotask(() => {
      this.#isAwaited = false;
      this.flush();
    });
  }

  /** Sends what has been written. */
  flush(): void {
    const frame = this.#writer.take();
    if (frame) this.#outlet.write(frame);
  }

  /** Sends all that waits, also for the next poll: something else is about to be sent. */
  flushAll(): void {
    this.flush();
    this.#outlet.flush();
  }

  /** What waits is lost. */
  close(): void {
    this.#stopListening();
    this.#writer.take();
  }
}
