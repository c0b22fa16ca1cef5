import {
  FrameReader,
  type FrameVisitor,
  type Head,
  type RecordPlace,
  readPacket,
  streamOfRecord,
} from '../protocol/frame-reader.js';
import { type P2PError, toP2PError } from '../protocol/p2p-error.js';
import { type ClientPacket, isFromClient } from '../protocol/packet.js';
import type { Intake } from './intake.js';
import type { RawServerSocket } from './raw-server.js';
import type { Session } from './session.js';

export interface LaneReceiverOptions {
  readonly session: Session;
  readonly socket: RawServerSocket;
  readonly intake: Intake;
}

/** Takes the frames of one client. */
export class LaneReceiver implements FrameVisitor {
  readonly #options: LaneReceiverOptions;
  readonly #reader = new FrameReader(({ type }) => isFromClient(type));

  constructor(options: LaneReceiverOptions) {
    this.#options = options;
  }

  receive(frame: Uint8Array): void {
    if (!this.#options.session.ended) this.#reader.read(frame, this);
  }

  packet(head: Head, place: RecordPlace): void {
    const { session, socket, intake } = this.#options;
    let packet: ClientPacket;
    try {
      packet = readPacket(head, place) as ClientPacket;
    } catch (error) {
      return intake.unreadable(socket, toP2PError(error), streamOfRecord(head, place));
    }
    intake.take(session, socket, packet);
  }

  invalid(error: P2PError): void {
    const { socket, intake } = this.#options;
    intake.unreadable(socket, error, undefined);
  }
}
