import type { Socket } from 'socket.io-client';
import { writeEnvelope } from '../../../src/protocol/envelope.js';
import { laneOf } from '../../../src/protocol/frame.js';
import { FrameReader, readPacket } from '../../../src/protocol/frame-reader.js';

/** The header of a packet and its data, as they are in an envelope, however it came. */
export type PacketListener = (data: unknown, header: unknown[]) => void;

/** Reads the frames of one connection, by their lanes. */
export class FrameEar {
  readonly #listener: PacketListener;
  readonly #readers = new Map<number, FrameReader>();

  constructor(listener: PacketListener) {
    this.#listener = listener;
  }

  read(frame: Uint8Array): void {
    const lane = laneOf(frame)!;
    const reader = this.#readers.get(lane) ?? new FrameReader();
    this.#readers.set(lane, reader);
    reader.read(frame, {
      packet: (head, place) => {
        const [data, header] = writeEnvelope(readPacket(head, place));
        this.#listener(data, header as unknown[]);
      },
      invalid: (error) => {
        throw error;
      },
    });
  }
}

/**
 * Listens to all packets that a socket is sent over its first connection, in frames and in envelopes; to be called at
 * once.
 */
export function overhear(socket: Socket, listener: PacketListener): void {
  socket.on('P2P', listener);
  const ear = new FrameEar(listener);
  let attachments = 0;
  socket.io.engine.on('data', (data: unknown) => {
    if (typeof data === 'string') attachments = Number(/^[56](\d+)-/.exec(data)?.[1] ?? 0);
    else if (attachments > 0) attachments--;
    else if (data instanceof Uint8Array && laneOf(data) !== undefined) ear.read(data);
  });
}
