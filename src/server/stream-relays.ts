import { MAX_STREAM_WINDOW, MIN_STREAM_INFLOW } from '../protocol/limits.js';
import { isP2PError, P2PError } from '../protocol/p2p-error.js';
import type { Packet, PacketOf } from '../protocol/packet.js';
import { Payload } from '../protocol/payload.js';
import { streamCost } from '../protocol/stream-cost.js';
import { Flow, TOO_MUCH_CREDIT } from './flow.js';
import type { Interest } from './interest.js';
import type { RelayEnd } from './relay-end.js';
import type { Session } from './session.js';
import type { DeliverOptions } from './session-port.js';

/** A client's stream: the session, and its number for it. */
export interface StreamName {
  readonly session: Session;
  readonly id: number;
}

/** The streams that are relayed: which end belongs to which, and how much may be under way. */
export class StreamRelays {
  readonly #interest: Interest;
  readonly #failed: (sender: Session, error: P2PError) => void;

  /** `failed` is called when a packet of the session has ended its stream. */
  constructor(interest: Interest, failed: (sender: Session, error: P2PError) => void) {
    this.#interest = interest;
    this.#failed = failed;
  }

  /** SS-1: connects two ends, each of which knows the stream by a number of its own. */
  connect(opener: StreamName, acceptor: StreamName): void {
    let forgotten = false;
    const forget = () => {
      if (forgotten) return;
      forgotten = true;
      opener.session.usage.remove('streams');
      opener.session.streams.delete(opener.id);
      acceptor.session.streams.delete(acceptor.id);
      // What they have sent meanwhile has been paid for.
      opener.session.addLateCredit(second.inflow.unused);
      acceptor.session.addLateCredit(first.inflow.unused);
      first.inflow.close();
      second.inflow.close();
      this.#interest.untie(opener.session, acceptor.session);
    };
    const first: RelayEnd<Session> = relayEnd(opener, () => second, forget);
    const second: RelayEnd<Session> = relayEnd(acceptor, () => first, forget);
    opener.session.streams.set(opener.id, first);
    acceptor.session.streams.set(acceptor.id, second);
    opener.session.usage.add('streams');
    this.#interest.tie(opener.session, acceptor.session);
  }

  data(sender: Session, packet: PacketOf<'data' | 'part'>): void {
    const end = this.#find(sender, packet.stream);
    this.#guarded(sender, end, () => {
      if (end.finished) throw new P2PError('STREAM_VIOLATION', 'Data after the end');
      const { id, inflow, deliver } = end.other();
      const flushed = inflow.use(streamCost(packet.payload));
      deliver({ ...packet, stream: id }, { flushed });
      if (!end.hasSent) releaseReserved(end);
    });
  }

  /** Credit for a stream that is over is late, no fault. */
  credit(sender: Session, { stream, credit, probe }: PacketOf<'credit'>): void {
    const end = sender.streams.get(stream);
    if (end) this.#guarded(sender, end, () => grant(end, credit, probe));
  }

  finish(sender: Session, { stream }: PacketOf<'finish'>): void {
    const end = this.#find(sender, stream);
    this.#guarded(sender, end, () => {
      if (end.finished) throw new P2PError('STREAM_VIOLATION', 'It has ended twice');
      end.finished = true;
      const other = end.other();
      other.inflow.close();
      if (other.finished) end.forget();
      other.deliver({ type: 'finish', stream: other.id });
    });
  }

  reset(sender: Session, { stream, payload }: PacketOf<'reset'>): void {
    const end = sender.streams.get(stream);
    if (!end) return;
    end.forget();
    const { id, deliver } = end.other();
    deliver({ type: 'reset', stream: id, payload });
  }

  /** What came for it could not be read: it is over, at both ends. @returns whether there is such a stream */
  fail(sender: Session, id: number, error: P2PError): boolean {
    const end = sender.streams.get(id);
    if (end) this.#reset(end, error);
    return end !== undefined;
  }

  /** SS-2: the other ends are told by `peer-gone`, once for all of them. */
  ended(session: Session): void {
    for (const end of [...session.streams.values()]) end.forget();
  }

  /** @throws P2PError `STREAM_NOT_FOUND` */
  #find(sender: Session, id: number): RelayEnd<Session> {
    const end = sender.streams.get(id);
    if (end) return end;
    throw new P2PError('STREAM_NOT_FOUND', 'There is no such stream', { details: { stream: id } });
  }

  /** Whatever is wrong with a packet of a stream ends that stream at both ends, and nothing else. */
  #guarded(sender: Session, end: RelayEnd<Session>, handle: () => void): void {
    try {
      handle();
    } catch (error) {
      if (!isP2PError(error)) throw error;
      this.#reset(end, error);
      this.#failed(sender, error);
    }
  }

  #reset(end: RelayEnd<Session>, error: P2PError): void {
    end.forget();
    const payload = Payload.ofError(error);
    for (const { id, deliver } of [end, end.other()]) deliver({ type: 'reset', stream: id, payload });
  }
}

/** @throws P2PError `STREAM_VIOLATION` */
function grant({ inflow, other }: RelayEnd<Session>, credit: number, probe: number): void {
  const sender = other();
  if (sender.hasSent) return inflow.grant(credit, probe);
  const now = Math.min(credit, Math.max(0, MIN_STREAM_INFLOW - inflow.granted));
  sender.reserved += credit - now;
  if (sender.reserved + now > MAX_STREAM_WINDOW) throw new P2PError('STREAM_VIOLATION', TOO_MUCH_CREDIT);
  if (now > 0) inflow.grant(now, probe);
}

function releaseReserved(end: RelayEnd<Session>): void {
  end.hasSent = true;
  if (end.reserved > 0) end.other().inflow.grant(end.reserved, 0);
  end.reserved = 0;
}

function relayEnd({ session, id }: StreamName, other: () => RelayEnd<Session>, forget: () => void): RelayEnd<Session> {
  const inflow = new Flow(session.inflow, (credit, probe) => {
    other().deliver({ type: 'credit', stream: other().id, credit, probe });
  });
  const deliver = (packet: Packet, options?: DeliverOptions) => session.deliver(packet, options);
  return { session, id, inflow, other, deliver, forget, hasSent: false, reserved: 0, finished: false };
}
