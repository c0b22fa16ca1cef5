import type { Clock, Timer } from '../async/clock.js';
import { onAbort } from '../async/on-abort.js';
import { MAX_QUEUED_OPERATIONS } from '../protocol/limits.js';
import { P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { CallBody, Packet } from '../protocol/packet.js';
import { EMPTY_PAYLOAD, type Payload } from '../protocol/payload.js';
import type { StreamEnd } from '../stream/stream-end.js';

/** How long an operation may wait, and what else may end it. */
export interface Deadline {
  /** In ms. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

/** A call that goes on, on a stream. */
export interface CallStream {
  readonly end: StreamEnd;
  /** Whether it brings the one result, or items. */
  readonly output: CallBody;
}

/** The answer to a call: the result, or the stream on which it comes. */
export type CallAnswer = Payload | CallStream;

/** An operation that is to be sent, and possibly answered. */
export interface OperationPlan extends Deadline {
  /** Where it was taken before, by `takeId`; else the next one. */
  readonly id?: number;
  /** Whose answer counts. */
  readonly peer: string;
  /** Whether an answer is awaited, or only that the packet has left. */
  readonly answered: boolean;
  /** `timeLeft` is in ms, at least 1. */
  readonly packet: (id: number, timeLeft: number) => Packet;
}

interface Operation {
  readonly plan: OperationPlan;
  sent: boolean;
  readonly timer: Timer;
  /** When its time is up, on the clock. */
  readonly due: number;
  readonly stopListening: () => void;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: P2PError) => void;
}

export interface PendingOperationsOptions {
  readonly clock: Clock;
  readonly send: (packet: Packet) => void;
  /** An operation that had been sent was given up here: nobody waits for its answer any more. */
  readonly gaveUp: (peer: string, id: number) => void;
  /** Why an operation that was never sent had to wait. */
  readonly waitedFor: () => P2PError | undefined;
}

/** Everything on this side that waits: first for the link, then for an answer. */
export class PendingOperations {
  /** In the order in which they were started, which is the order in which they are sent. */
  readonly #operations = new Map<number, Operation>();
  readonly #options: PendingOperationsOptions;
  #lastId = 0;
  #queued = 0;

  constructor(options: PendingOperationsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#operations.size;
  }

  /** A number that no other operation has. */
  takeId(): number {
    return ++this.#lastId;
  }

  /** Sends at once, or with the next `flush` when `queue` is true. Settles by the deadline at the latest. */
  start<Answer = Payload>(plan: OperationPlan, queue: boolean): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (plan.signal?.aborted) throw abortedError(plan.signal);
      if (queue && this.#queued >= MAX_QUEUED_OPERATIONS) {
        throw new P2PError('QUEUE_FULL', `${MAX_QUEUED_OPERATIONS} operations wait for the connection already`);
      }
      const { clock } = this.#options;
      const id = plan.id ?? this.takeId();
      const stopListening = onAbort(plan.signal, () => this.#giveUp(id, abortedError(plan.signal)));
      const timer = clock.setTimer(() => this.#giveUp(id, this.#timedOut(plan.timeout, id)), plan.timeout);
      const due = clock.now() + plan.timeout;
      const operation: Operation = { plan, sent: false, timer, due, stopListening, resolve, reject };
      this.#operations.set(id, operation);
      if (queue) this.#queued++;
      else this.#send(id, operation);
    });
  }

  /** Sends what waited for the link, oldest first. */
  flush(): void {
    this.#queued = 0;
    for (const [id, operation] of this.#operations) {
      if (!operation.sent) this.#send(id, operation);
    }
  }

  /** An answer has come; one that nobody asked this peer for is ignored. @returns whether somebody waited for it */
  answer(peer: string, id: number, outcome: CallAnswer | P2PError): boolean {
    const operation = this.#operations.get(id);
    if (!operation?.sent || operation.plan.peer !== peer) return false;
    this.#remove(id, operation);
    if (outcome instanceof P2PError) operation.reject(outcome);
    // Only who makes calls is answered by streams.
    else operation.resolve(outcome as never);
    return true;
  }

  /** The peer's session has ended; what was started after `lastId` may have reached its next one. */
  peerGone(peer: string, lastId: number, error: P2PError): void {
    const lost: [id: number, operation: Operation][] = [];
    for (const entry of this.#operations) {
      const [id, { sent, plan }] = entry;
      if (id > lastId) break;
      if (sent && plan.peer === peer) lost.push(entry);
    }
    this.#failThese(lost, error);
  }

  /** Nobody here waits for it any more. */
  abandon(id: number): void {
    this.#giveUp(id, abortedError(undefined));
  }

  failAll(error: P2PError): void {
    this.#queued = 0;
    this.#failThese([...this.#operations], error);
  }

  /** There may be very many: one by one, emptying the map would be the dearest part of it. */
  #failThese(operations: readonly [id: number, operation: Operation][], error: P2PError): void {
    if (operations.length === this.#operations.size) this.#operations.clear();
    else for (const [id] of operations) this.#operations.delete(id);
    for (const [, { timer, stopListening, reject }] of operations) {
      this.#options.clock.clearTimer(timer);
      stopListening();
      reject(error);
    }
  }

  #send(id: number, operation: Operation): void {
    const { plan, due } = operation;
    operation.sent = true;
    try {
      const timeLeft = Math.max(1, Math.round(due - this.#options.clock.now()));
      this.#options.send(plan.packet(id, timeLeft));
      if (!plan.answered) this.answer(plan.peer, id, EMPTY_PAYLOAD);
    } catch (error) {
      this.answer(plan.peer, id, toP2PError(error));
    }
  }

  #giveUp(id: number, error: P2PError): void {
    const operation = this.#operations.get(id);
    if (!operation) return;
    this.#remove(id, operation);
    operation.reject(error);
    if (operation.sent) this.#options.gaveUp(operation.plan.peer, id);
  }

  #timedOut(timeout: number, id: number): P2PError {
    if (this.#operations.get(id)?.sent) return noAnswerWithin(timeout);
    const cause = this.#options.waitedFor();
    const reason = cause ? `: ${cause.message}` : '';
    return new P2PError('TIMEOUT', `Not connected within ${timeout} ms${reason}`, { details: { timeout }, cause });
  }

  #remove(id: number, operation: Operation): void {
    if (!operation.sent) this.#queued--;
    this.#operations.delete(id);
    this.#options.clock.clearTimer(operation.timer);
    operation.stopListening();
  }
}

export function abortedError(signal: AbortSignal | undefined): P2PError {
  return new P2PError('ABORTED', 'The operation was aborted', { cause: signal?.reason });
}

/** @param timeout ms */
export function noAnswerWithin(timeout: number): P2PError {
  return new P2PError('TIMEOUT', `No answer within ${timeout} ms`, { details: { timeout } });
}
