import { type P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { PacketOf } from '../protocol/packet.js';
import { Payload } from '../protocol/payload.js';
import type { AskedRequest, AskedRequests, Closed, RequestName } from './asked-requests.js';
import type { Link } from './link.js';
import type { Answer } from './peer-handler.js';

/** What answering takes. */
export interface AnswerContext {
  readonly link: Link;
  readonly asked: AskedRequests;
  /** An answer could not be sent. */
  readonly failed: (error: P2PError) => void;
}

/** A request of a peer, as far as answering it needs. */
export interface Question extends RequestName {
  readonly peer: string;
  readonly timeout: number;
}

/** How this side answers one request of a peer. */
export class PeerAnswer implements Answer {
  readonly #question: Question;
  readonly #context: AnswerContext;
  readonly #request: AskedRequest;

  constructor(question: Question, context: AnswerContext) {
    this.#question = question;
    this.#context = context;
    this.#request = context.asked.add(question);
  }

  get peer(): string {
    return this.#question.peer;
  }

  get timeout(): number {
    return this.#question.timeout;
  }

  reply(payload: Payload): boolean {
    return this.#answer('reply', payload);
  }

  reject(error: P2PError): boolean {
    return this.#answer('reject', Payload.ofError(error));
  }

  /** Closes it, for an answer of another kind. @returns whether somebody still waited */
  take(): boolean {
    return this.#request.take();
  }

  whenClosed(callback: Closed): void {
    this.#request.whenClosed(callback);
  }

  #answer(type: 'reply' | 'reject', payload: Payload): boolean {
    if (!this.take()) return false;
    const { peer, epoch, id } = this.#question;
    this.#send({ type, peer, epoch, id, payload });
    return true;
  }

  /** An answer that cannot be sent is told to the asker, if that can be sent. */
  #send(packet: PacketOf<'reply'> | PacketOf<'reject'>): void {
    const { link, failed } = this.#context;
    if (link.state !== 'up') return;
    try {
      link.send(packet);
    } catch (error) {
      const problem = toP2PError(error);
      link.send({ ...packet, type: 'reject', payload: Payload.ofError(problem) });
      failed(problem);
    }
  }
}
