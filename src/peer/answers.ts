import { type P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { PacketOf } from '../protocol/packet.js';
import { Payload } from '../protocol/payload.js';
import type { AskedRequest, AskedRequests, RequestName } from './asked-requests.js';
import type { Link } from './link.js';
import type { Answer } from './peer-handler.js';

export interface AnswersOptions {
  readonly link: Link;
  readonly asked: AskedRequests;
  /** An answer could not be sent. */
  readonly failed: (error: P2PError) => void;
}

/** A request of a peer, as far as answering it needs. */
interface Question extends RequestName {
  readonly peer: string;
  readonly timeout: number;
}

/** How this side answers what peers ask of it. */
export class Answers {
  readonly #options: AnswersOptions;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  to(question: Question): Answer & AskedRequest {
    const { peer, epoch, id, timeout } = question;
    const asked = this.#options.asked.add(question);
    const answer = (type: 'reply' | 'reject', payload: Payload) => {
      const waited = asked.take();
      if (waited) this.#send({ type, peer, epoch, id, payload });
      return waited;
    };
    return {
      ...asked,
      timeout,
      reply: (payload) => answer('reply', payload),
      reject: (error) => answer('reject', Payload.ofError(error)),
    };
  }

  /** An answer that cannot be sent is told to the asker, if that can be sent. */
  #send(packet: PacketOf<'reply'> | PacketOf<'reject'>): void {
    const { link, failed } = this.#options;
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
