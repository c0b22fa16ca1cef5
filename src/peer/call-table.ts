import { P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { CallBody, PacketOf } from '../protocol/packet.js';
import { Payload } from '../protocol/payload.js';
import type { StreamEnd } from '../stream/stream-end.js';
import type { Link } from './link.js';
import { type AnswerContext, PeerAnswer } from './peer-answer.js';
import type { CallRequest } from './peer-handler.js';
import type { CallAnswer, Deadline, OperationPlan, PendingOperations } from './pending-operations.js';
import type { StreamTable } from './stream-table.js';

/** What is called, with what. */
export interface CallPlan {
  readonly api: string;
  /** Whether items follow the arguments. */
  readonly input: CallBody;
  readonly payload: Payload;
}

export interface CallTableOptions {
  readonly link: Link;
  readonly pending: PendingOperations;
  readonly streams: StreamTable;
  readonly answers: AnswerContext;
  /** Starts an operation, when the link allows. */
  readonly ask: (plan: OperationPlan) => Promise<CallAnswer>;
}

/** The calls that this side makes, and those that it answers. */
export class CallTable {
  readonly #options: CallTableOptions;

  constructor(options: CallTableOptions) {
    this.#options = options;
  }

  call(peer: string, { api, input, payload }: CallPlan, { timeout, signal }: Deadline): Promise<CallAnswer> {
    const { pending, ask } = this.#options;
    const id = pending.takeId();
    const packet = (_id: number, timeLeft: number): PacketOf<'call'> => {
      return { type: 'call', peer, epoch: 0, id, timeout: timeLeft, api, input, payload };
    };
    return ask({ id, peer, timeout, signal, answered: true, packet });
  }

  /** The handler is at it. Its items may come at once: so the stream is there before anyone waits for it. */
  called({ peer, epoch, id, output, credit }: PacketOf<'called'>): void {
    const { link, pending, streams } = this.#options;
    try {
      const end = streams.adopt(id, epoch);
      link.send({ type: 'credit', stream: id, credit: end.firstCredit, probe: 0 });
      end.credited(credit);
      if (pending.answer(peer, id, { end, output })) return;
      end.reset(new P2PError('ABORTED', 'The caller waits no longer'));
    } catch (error) {
      const problem = toP2PError(error);
      pending.answer(peer, id, problem);
      link.send({ type: 'reset', stream: id, payload: Payload.ofError(problem) });
    }
  }

  /** What the service makes of a peer's call. */
  requestOf(packet: PacketOf<'call'>): CallRequest {
    return new IncomingCall(packet, this.#options);
  }
}

/** A call of a peer, on its way to an answer. */
class IncomingCall extends PeerAnswer implements CallRequest {
  readonly #packet: PacketOf<'call'>;
  readonly #options: CallTableOptions;

  constructor(packet: PacketOf<'call'>, options: CallTableOptions) {
    super(packet, options.answers);
    this.#packet = packet;
    this.#options = options;
  }

  get api(): string {
    return this.#packet.api;
  }

  get input(): CallBody {
    return this.#packet.input;
  }

  get payload(): Payload {
    return this.#packet.payload;
  }

  stream(output: CallBody): StreamEnd {
    const { link, pending, streams } = this.#options;
    const { peer, epoch, id } = this.#packet;
    const stream = pending.takeId();
    const end = streams.adopt(stream, epoch);
    if (this.take()) link.send({ type: 'called', peer, epoch, id, stream, output, credit: end.firstCredit });
    else end.fail(new P2PError('ABORTED', 'The caller waits no longer'));
    return end;
  }
}
