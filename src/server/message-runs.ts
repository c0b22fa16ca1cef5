import { FRAME_HEADER, RECORD_HEADER, writeU32 } from '../protocol/frame.js';
import type { Head, RecordPlace } from '../protocol/frame-reader.js';
import { FULL_FRAME, LARGE_PAYLOAD } from '../protocol/limits.js';
import type { PacketOf } from '../protocol/packet.js';
import { shapeOfType } from '../protocol/packet-shape.js';
import { EMPTY_PAYLOAD } from '../protocol/payload.js';
import { PAYLOAD_FORMATS } from '../protocol/payload-codec.js';
import type { Budget, Conduct } from './conduct.js';
import type { Directory } from './directory.js';
import type { FrameBuilder } from './frame-builder.js';
import type { Lane } from './lane.js';
import type { Leave } from './permission.js';
import type { PermissionGate } from './permission-gate.js';
import type { RawServerSocket } from './raw-server.js';
import type { Session } from './session.js';

const MESSAGE = shapeOfType('message');

export interface MessageRunsOptions {
  readonly directory: Directory;
  readonly conduct: Conduct;
  /** Missing: everything is permitted. */
  readonly gate: PermissionGate | undefined;
  readonly builder: FrameBuilder;
}

/** Where messages with the same names go. */
interface Aim {
  readonly head: Head;
  /** It may be over before the next message, and is not to be kept for that. */
  readonly target: WeakRef<Session>;
  /** What stands for their names there, as long as numbers are of that generation. */
  readonly number: number;
  readonly generation: number;
  /** Missing: everything is permitted. */
  readonly leave: Leave | undefined;
}

/** Messages in a row, as they lie in their frame. */
interface Run {
  readonly lane: Lane;
  readonly frame: Uint8Array;
  readonly start: number;
  end: number;
}

/**
 * Passes on messages from one lane to another as they lie in their frame: of each only the number of its names is
 * changed, and those in a row for one client stay one piece. Whatever is not that simple is left to the router.
 */
export class MessageRuns {
  readonly #options: MessageRunsOptions;
  readonly #sender: Session;
  readonly #budget: Budget;
  /** That of the last message, whose like often come next. */
  #aim: Aim | undefined;
  /** Where it goes; missing when something else has been done since that was looked up. */
  #lane: Lane | undefined;
  #run: Run | undefined;
  /** When the present frame is read, in ms. */
  #now = 0;

  constructor(options: MessageRunsOptions, sender: Session, socket: RawServerSocket) {
    this.#options = options;
    this.#sender = sender;
    this.#budget = options.conduct.budgetOf(socket);
  }

  /** A frame begins. */
  begin(): void {
    this.#now = performance.now();
  }

  /** @returns whether the message has been passed on; else that is still to be done */
  take(head: Head, { frame, start, body, end }: RecordPlace): boolean {
    const size = end - body - 1;
    const isPlain = body === start + RECORD_HEADER && (frame[body] as number) <= PAYLOAD_FORMATS.mixed;
    if (!isPlain || size < 0 || size >= LARGE_PAYLOAD || size > this.#options.conduct.largestPayload) return false;
    if (!this.#lane || this.#aim?.head !== head) this.#lane = this.#laneFor(head);
    const lane = this.#lane;
    if (!lane || !this.#budget.spend(size, this.#now)) return false;
    writeU32(frame, start + 4, (this.#aim as Aim).number);
    const run = this.#run;
    if (run && run.lane === lane && run.end === start) run.end = end;
    else this.#begin({ lane, frame, start, end });
    // After so much it has to be looked at again whether the receiver takes it.
    if (this.#run && end - this.#run.start >= FULL_FRAME) this.end();
    return true;
  }

  /** Sends on what has been taken; to be called before anything else is done. */
  end(): void {
    this.#lane = undefined;
    this.#sendRun();
  }

  #begin(run: Run): void {
    this.#sendRun();
    this.#run = run;
  }

  #sendRun(): void {
    const run = this.#run;
    this.#run = undefined;
    if (!run) return;
    const { lane, frame, start, end } = run;
    const isWhole = start === FRAME_HEADER && end === frame.byteLength;
    // A frame that goes to one client as it is needs no copy; a short one may be joined by others.
    if (isWhole && end >= LARGE_PAYLOAD) lane.appendFrame(frame);
    else lane.append(frame.subarray(start, end));
  }

  /** Nothing where messages with these names cannot be passed on so. */
  #laneFor(head: Head): Lane | undefined {
    if (this.#sender.ended) return undefined;
    const lane = this.#aim?.head === head ? this.#sameLane(this.#aim) : undefined;
    return lane ?? this.#aimAnew(head);
  }

  #sameLane({ target, generation, leave }: Aim): Lane | undefined {
    const session = target.deref();
    const lane = session?.port?.lane;
    if (!lane || session.ended || lane.numbers.generation !== generation || session.slowness) return undefined;
    return !leave || this.#options.gate?.isGood(leave, this.#sender, this.#now) ? lane : undefined;
  }

  #aimAnew(head: Head): Lane | undefined {
    this.#aim = undefined;
    const names = head.names as PacketOf<'message'>;
    const { directory, gate } = this.#options;
    const leave = gate?.leaveFor(this.#sender, names);
    if (gate && !leave) return undefined;
    const target = directory.get(names.peer);
    const lane = target?.port?.lane;
    if (!lane || target.slowness) return undefined;
    const number = this.#numberFor(lane, names.event);
    this.#aim = { head, target: target.ref, number, generation: lane.numbers.generation, leave };
    return lane;
  }

  #numberFor(lane: Lane, event: string): number {
    const names: PacketOf<'message'> = { type: 'message', peer: this.#sender.clientId, event, payload: EMPTY_PAYLOAD };
    const known = lane.numbers.get(MESSAGE, names);
    if (known !== undefined) return known;
    // A number that the run goes by may be given to other names now.
    this.#sendRun();
    const { number, record } = this.#options.builder.definition(lane.numbers, MESSAGE, names);
    lane.append(record);
    return number;
  }
}
