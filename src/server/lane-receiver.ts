import { FRAME_HEADER } from '../protocol/frame.js';
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
import type { PacketShape } from '../protocol/packet-shape.js';
import type { Intake } from './intake.js';
import type { MessageRuns } from './message-runs.js';
import type { RawServerSocket } from './raw-server.js';
import type { Session } from './session.js';

/** What is read in one turn of the event loop, at most. */
export const MOST_RECORDS = 1_000;

export interface LaneReceiverOptions {
  readonly session: Session;
  readonly socket: RawServerSocket;
  readonly intake: Intake;
  readonly runs: MessageRuns;
}

/** What a client sends in frames: hello comes before these. */
const mayBeSent = ({ type }: PacketShape) => isFromClient(type) && type !== 'hello';

/** Takes the frames of one client. */
export class LaneReceiver implements FrameVisitor {
  readonly #session: Session;
  readonly #socket: RawServerSocket;
  readonly #intake: Intake;
  readonly #runs: MessageRuns;
  readonly #reader = new FrameReader(mayBeSent);

  constructor({ session, socket, intake, runs }: LaneReceiverOptions) {
    this.#session = session;
    this.#socket = socket;
    this.#intake = intake;
    this.#runs = runs;
  }

  /** Once the session has ended. */
  get hasEnough(): boolean {
    return this.#session.ended;
  }

  /** @returns where to go on in another turn, so that others have theirs */
  receive(frame: Uint8Array, start = FRAME_HEADER): number | undefined {
    const runs = this.#runs;
    runs.begin();
    const next = this.#reader.read(frame, this, { start, most: MOST_RECORDS });
    runs.end();
    return next;
  }

  packet(head: Head, place: RecordPlace): void {
    const runs = this.#runs;
    if (head.shape.type === 'message' && runs.take(head, place)) return;
    runs.end();
    let packet: ClientPacket;
    try {
      packet = readPacket(head, place) as ClientPacket;
      // It may wait for something, and the frame may be much larger.
      if ('payload' in packet) packet.payload.takeOwnMemory();
    } catch (error) {
      return this.#intake.unreadable(this.#socket, toP2PError(error), streamOfRecord(head, place));
    }
    this.#intake.take(this.#session, this.#socket, packet);
  }

  defined({ start, end }: RecordPlace): void {
    this.#intake.count(this.#socket, end - start);
  }

  invalid(error: P2PError): void {
    this.#runs.end();
    this.#intake.unreadable(this.#socket, error, undefined);
  }
}
