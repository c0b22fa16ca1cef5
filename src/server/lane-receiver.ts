import { FRAME_HEADER, RECORD_HEADER } from '../protocol/frame.js';
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

/** What is read in one turn of the event loop, at most. */
const MOST_RECORDS = 1_000;

/** A frame of no more than this many bytes is read in one turn. */
export const SHORT_FRAME = FRAME_HEADER + MOST_RECORDS * RECORD_HEADER;

export interface LaneReceiverOptions {
  readonly session: Session;
  readonly socket: RawServerSocket;
  readonly intake: Intake;
  readonly runs: MessageRuns;
}

/** Takes the frames of one client. */
export class LaneReceiver implements FrameVisitor {
  readonly #options: LaneReceiverOptions;
  readonly #reader = new FrameReader(({ type }) => isFromClient(type) && type !== 'hello');

  constructor(options: LaneReceiverOptions) {
    this.#options = options;
  }

  /** Once the session has ended. */
  get hasEnough(): boolean {
    return this.#options.session.ended;
  }

  /** @returns where to go on in another turn, so that others have theirs */
  receive(frame: Uint8Array, start = FRAME_HEADER): number | undefined {
    const { runs } = this.#options;
    runs.begin();
    const next = this.#reader.read(frame, this, { start, most: MOST_RECORDS });
    runs.end();
    return next;
  }

  packet(head: Head, place: RecordPlace): void {
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
    const { socket, intake } = this.#options;
    intake.count(socket, end - start);
  }

  invalid(error: P2PError): void {
    const { socket, intake, runs } = this.#options;
    runs.end();
    intake.unreadable(socket, error, undefined);
  }
}
