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
import type { MessageRuns } from './message-runs.js';
import type { RawServerSocket } from './raw-server.js';
import type { Session } from './session.js';

export interface LaneReceiverOptions {
  readonly session: Session;
  readonly socket: RawServerSocket;
  readonly intake: Intake;
  readonly runs: MessageRuns;
}

/** Takes the frames of one client. */
export class LaneReceiver implements FrameVisitor {
  readonly #options: LaneReceiverOptions;
  readonly #reader = new FrameReader(({ type }) => isFromClient(type));

  constructor(options: LaneReceiverOptions) {
    this.#options = options;
  }

  receive(frame: Uint8Array): void {
    const { session, runs } = this.#options;
    if (session.ended) return;
    runs.begin();
    this.#reader.read(frame, this);
    runs.end();
  }

  packet(head: Head, place: RecordPlace): void {
    // What came before may have ended it.
    if (this.#options.session.ended) return;
    const { session, socket, intake, runs } = this.#options;
    if (head.shape.type === 'message' && runs.take(head, place)) return;
    runs.end();
    let packet: ClientPacket;
    try {
      packet = readPacket(head, place) as ClientPacket;
      // It may wait for something, and the frame may be much larger.
      if ('payload' in packet) packet.payload.takeOwnMemory();
    } catch (error) {
      return intake.unreadable(socket, toP2PError(error), streamOfRecord(head, place));
    }
    intake.take(session, socket, packet);
  }

  defined({ start, end }: RecordPlace): void {
    const { session, socket, intake } = this.#options;
    if (!session.ended) intake.count(socket, end - start);
  }

  invalid(error: P2PError): void {
    const { session, socket, intake, runs } = this.#options;
    if (session.ended) return;
    runs.end();
    intake.unreadable(socket, error, undefined);
  }
}
