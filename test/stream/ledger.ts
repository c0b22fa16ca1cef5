import { ok } from 'node:assert/strict';
import { MAX_SESSION_INFLOW, MIN_STREAM_INFLOW } from '../../src/protocol/limits.js';
import type { Packet, PacketOf } from '../../src/protocol/packet.js';
import { streamCost } from '../../src/protocol/stream-cost.js';
import type { Flow } from '../../src/server/flow.js';
import type { RelayEnd } from '../../src/server/relay-end.js';
import type { Session } from '../../src/server/session.js';

/** Room below this, the server may keep back. */
const LEAST_PORTION = MIN_STREAM_INFLOW / 2;

/** What was seen to pass the server towards one end of a stream, in bytes. */
interface Account {
  /** By the end that receives. */
  granted: number;
  /** On to the one who sends. */
  passed: number;
  /** By the one who sends. */
  used: number;
  queued: number;
}

interface SessionAccount {
  /** Room that the test has taken. */
  ballast: number;
  /** Queued data, also of streams that are over. */
  queued: number;
  /** Streams that there have been. */
  streams: number;
}

/** The server's accounts, kept once more from what goes in and out, in the plainest way. */
export class Ledger {
  readonly #accounts = new Map<RelayEnd<Session>, Account>();
  readonly #sessions = new Map<Session, SessionAccount>();
  /** What openers grant, by opener, target and id, until the ask is settled. */
  readonly #openCredit = new Map<string, number>();
  /** The same of the open that is being handled. */
  #asked = 0;
  /** The answer that is being handled has connected two ends: the opener was told. */
  #isConnected = false;
  /** Data in the server's queues, oldest first, with the end that it is for. */
  readonly #queued = new Map<Packet, RelayEnd<Session>>();
  #waits = 0;

  open(session: Session): void {
    this.#sessions.set(session, { ballast: 0, queued: 0, streams: 0 });
    const wait = session.inflow.wait.bind(session.inflow);
    session.inflow.wait = (flow: Flow) => {
      if (++this.#waits > 10_000) throw new Error('The server goes round for ever');
      wait(flow);
    };
  }

  /** Takes so much room of the session, at most what is free. */
  setBallast(session: Session, bytes: number): void {
    const account = this.#of(session);
    const more = Math.min(bytes - account.ballast, Math.max(0, MAX_SESSION_INFLOW - session.inflow.load));
    account.ballast += more;
    if (more > 0) session.inflow.add(more);
    else session.inflow.remove(-more);
  }

  handling(packet: Packet): void {
    if (packet.type === 'open') this.#asked = packet.credit;
    this.#isConnected = false;
  }

  handled(session: Session, packet: Packet): void {
    if (packet.type === 'opened' && this.#isConnected) this.#opened(session, packet);
    if (packet.type !== 'credit') return;
    const end = session.streams.get(packet.stream);
    if (end && !end.other().finished) this.#account(end).granted += packet.credit;
  }

  delivered(session: Session, packet: Packet): void {
    // The server passes on an open whose number is free between the two, and no other.
    if (packet.type === 'open') this.#openCredit.set(nameOf(packet, session), this.#asked);
    if (packet.type === 'opened') this.#isConnected = true;
    if (packet.type === 'cancel') this.#openCredit.delete(nameOf(packet, session));
    if (packet.type === 'reject') this.#openCredit.delete(`${session.epoch} ${packet.epoch} ${packet.id}`);
    if (packet.type !== 'credit' && packet.type !== 'data' && packet.type !== 'part') return;
    const end = session.streams.get(packet.stream);
    ok(end, 'a stream that is over gets neither data nor credit');
    if (packet.type === 'credit') {
      this.#account(end.other()).passed += packet.credit;
    } else {
      const cost = streamCost(packet.payload);
      this.#account(end).used += cost;
      this.#account(end).queued += cost;
      this.#of(session).queued += cost;
      this.#queued.set(packet, end);
    }
  }

  flushed(session: Session, packet: Packet): void {
    const end = this.#queued.get(packet);
    if (!end || (packet.type !== 'data' && packet.type !== 'part')) return;
    this.#queued.delete(packet);
    this.#account(end).queued -= streamCost(packet.payload);
    this.#of(session).queued -= streamCost(packet.payload);
  }

  check(): void {
    this.#waits = 0;
    for (const [session, account] of this.#sessions) if (!session.ended) this.#check(session, account);
  }

  #opened(session: Session, packet: PacketOf<'opened'>): void {
    const asked = this.#openCredit.get(nameOf(packet, session));
    this.#openCredit.delete(nameOf(packet, session));
    const end = session.streams.get(packet.stream);
    const opener = [...this.#sessions.keys()].find(({ epoch }) => epoch === packet.epoch);
    if (asked === undefined || !end || !opener) return;
    this.#account(end).granted = packet.credit;
    this.#account(end.other()).granted = asked;
    for (const each of [session, opener]) this.#of(each).streams++;
  }

  #check(session: Session, { ballast, queued, streams }: SessionAccount): void {
    const ends = [...session.streams.values()].filter((end) => !end.other().finished);
    const unused = ends.reduce((sum, end) => sum + this.#account(end).passed - this.#account(end).used, 0);
    const load = ballast + queued + unused;
    ok(session.inflow.load === load, 'the load is what was passed on, unused or queued');
    ok(load <= MAX_SESSION_INFLOW + streams * MIN_STREAM_INFLOW, 'the clamp');
    for (const end of ends) this.#checkEnd(this.#account(end), MAX_SESSION_INFLOW - load);
  }

  #checkEnd({ granted, passed, used, queued }: Account, room: number): void {
    ok(passed <= granted, 'no credit comes from nowhere');
    ok(used <= passed, 'no data without credit');
    const held = granted - passed;
    if (held === 0) return;
    ok(used === 0 || room < LEAST_PORTION, 'credit is held back only where there is no room, or no use for it');
    const floor = MIN_STREAM_INFLOW - (passed - used) - queued;
    ok(floor < Math.min(held, LEAST_PORTION), 'every stream has its 16 KiB');
  }

  #account(end: RelayEnd<Session>): Account {
    const account = this.#accounts.get(end) ?? { granted: 0, passed: 0, used: 0, queued: 0 };
    this.#accounts.set(end, account);
    return account;
  }

  #of(session: Session): SessionAccount {
    const account = this.#sessions.get(session);
    if (!account) throw new Error('No such session');
    return account;
  }
}

/** A request, by the opener's session, the target's, and its number. */
function nameOf({ epoch, id }: PacketOf<'open' | 'opened' | 'cancel'>, target: Session): string {
  return `${epoch} ${target.epoch} ${id}`;
}
