import { type Clock, systemClock } from '../async/clock.js';
import { ROUTER } from '../protocol/identifiers.js';
import { type P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { Packet, PacketOf } from '../protocol/packet.js';
import { Payload } from '../protocol/payload.js';
import { AskedRequests } from './asked-requests.js';
import { type Link, type LinkReceiver, linkDown } from './link.js';
import type { Answer, PeerHandler } from './peer-handler.js';
import { type Deadline, type OperationPlan, PendingOperations } from './pending-operations.js';
import { type OpenedStream, type StreamPlan, StreamTable } from './stream-table.js';

/**
 * One client's side of the protocol, over any link: sends messages and requests, waits for answers,
 * and hands what arrives to its handler.
 */
export class PeerEngine implements LinkReceiver {
  readonly #link: Link;
  readonly #handler: PeerHandler;
  readonly #pending: PendingOperations;
  readonly #pairs = new Set<string>();
  readonly #watched = new Set<string>();
  readonly #asked = new AskedRequests();
  readonly #streams: StreamTable;

  constructor(link: Link, handler: PeerHandler, clock: Clock = systemClock) {
    this.#link = link;
    this.#handler = handler;
    this.#pending = new PendingOperations({
      clock,
      send: (packet) => link.send(packet),
      gaveUp: (peer, id) => peer !== ROUTER && this.#sendIfUp({ type: 'cancel', peer, epoch: 0, id }),
      waitedFor: () => link.problem,
    });
    this.#streams = new StreamTable({
      link,
      pending: this.#pending,
      asked: this.#asked,
      ask: (plan) => this.#start(plan),
      now: () => clock.now(),
    });
    link.open(this);
  }

  /** Operations that wait for the link or for an answer. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Streams that are open, or on the way to it. */
  get streamCount(): number {
    return this.#streams.size;
  }

  /** CM-2 without an ack; its failures go to the handler. */
  message(peer: string, event: string, payload: Payload, deadline: Deadline): void {
    this.#sendOrQueue({ type: 'message', peer, event, payload }, deadline);
  }

  /** CC-1 `emitRoom`. */
  roomMessage(room: string, event: string, payload: Payload, deadline: Deadline): void {
    this.#sendOrQueue({ type: 'room-message', room, event, payload }, deadline);
  }

  /** CM-2 with an ack: resolves to the answer. */
  request(peer: string, event: string, payload: Payload, deadline: Deadline): Promise<Payload> {
    return this.#ask(peer, deadline, (id, timeout) => ({
      type: 'request',
      peer,
      epoch: 0,
      id,
      timeout,
      event,
      payload,
    }));
  }

  /** CM-1: asks a peer for a pair. */
  async pair(peer: string, deadline: Deadline): Promise<void> {
    await this.#ask(peer, deadline, (id, timeout) => ({ type: 'pair', peer, epoch: 0, id, timeout }));
  }

  /** CS-1: this side's end, once the peer has accepted. */
  openStream(peer: string, plan: StreamPlan, deadline: Deadline): Promise<OpenedStream> {
    return this.#streams.open(peer, plan, deadline);
  }

  async join(room: string, deadline: Deadline): Promise<void> {
    await this.#ask(ROUTER, deadline, (id) => ({ type: 'join', id, room }));
  }

  async leave(room: string, deadline: Deadline): Promise<void> {
    await this.#ask(ROUTER, deadline, (id) => ({ type: 'leave', id, room }));
  }

  /** SC-6: the ids of all connected clients. */
  async clientList(deadline: Deadline): Promise<string[]> {
    const payload = await this.#ask(ROUTER, deadline, (id) => ({ type: 'clients', id }));
    return payload.args[0] as string[];
  }

  /** SC-6: whether a client holds this id now. */
  async isConnected(clientId: string, deadline: Deadline): Promise<boolean> {
    const payload = await this.#ask(ROUTER, deadline, (id) => ({ type: 'connected', id, clientId }));
    return payload.args[0] === true;
  }

  /** Wants to be told, once, when a session of `peer` ends, also one that is yet to begin. */
  watch(peer: string): void {
    if (this.#watched.has(peer)) return;
    this.#watched.add(peer);
    this.#sendIfUp({ type: 'watch', peer });
  }

  unwatch(peer: string): void {
    if (this.#watched.delete(peer)) this.#sendIfUp({ type: 'unwatch', peer });
  }

  linkUp(): void {
    for (const peer of this.#watched) this.#link.send({ type: 'watch', peer });
    this.#pending.flush();
  }

  linkDown(error: P2PError): void {
    this.#pending.failAll(error);
    this.#asked.closeAll();
    this.#streams.linkDown(error);
    const pairs = [...this.#pairs];
    this.#pairs.clear();
    for (const peer of pairs) this.#handler.pairEnded(peer, 'LINK_DOWN');
  }

  receive(packet: Packet): void {
    switch (packet.type) {
      case 'message':
        return this.#handler.message(packet);
      case 'request':
        return this.#handler.message({ ...packet, answer: this.#answerTo(packet) });
      case 'pair':
        return this.#handler.pairAsked(packet.peer, this.#answerTo(packet));
      case 'reply':
        return void this.#pending.answer(packet.peer, packet.id, packet.payload);
      case 'reject':
        return void this.#pending.answer(packet.peer, packet.id, packet.payload.error);
      case 'cancel':
        return this.#asked.cancel(packet);
      case 'open':
        return this.#handler.streamAsked(this.#streams.requestOf(packet));
      case 'opened':
        return this.#streams.opened(packet);
      case 'data':
      case 'part':
      case 'credit':
      case 'finish':
      case 'reset':
        return this.#streams.receive(packet);
      case 'paired':
        return void this.#pairs.add(packet.peer);
      case 'peer-gone':
        return this.#peerGone(packet);
      case 'error':
        return this.#handler.failed(packet.payload.error);
      default:
      // A packet that is not for us: a newer router may know more than we do.
    }
  }

  #ask(peer: string, deadline: Deadline, packet: OperationPlan['packet']): Promise<Payload> {
    return this.#start({ ...deadline, peer, answered: true, packet });
  }

  #sendOrQueue(packet: Packet, deadline: Deadline): void {
    if (this.#link.state === 'up' && !deadline.signal?.aborted) return this.#link.send(packet);
    this.#start({ ...deadline, peer: ROUTER, answered: false, packet: () => packet }).catch((error: P2PError) =>
      this.#handler.failed(error),
    );
  }

  async #start(plan: OperationPlan): Promise<Payload> {
    if (this.#link.state === 'down') throw this.#link.problem ?? linkDown();
    return this.#pending.start(plan, this.#link.state === 'waiting');
  }

  #sendIfUp(packet: Packet): void {
    if (this.#link.state === 'up') this.#link.send(packet);
  }

  #answerTo(request: PacketOf<'request'> | PacketOf<'pair'>): Answer {
    const { peer, epoch, id, timeout } = request;
    const asked = this.#asked.add(request);
    const answer = (type: 'reply' | 'reject', payload: Payload) => {
      if (asked.take()) this.#sendAnswer({ type, peer, epoch, id, payload });
    };
    return {
      timeout,
      reply: (payload) => answer('reply', payload),
      reject: (error) => answer('reject', Payload.ofError(error)),
      whenClosed: (callback) => asked.whenClosed(callback),
    };
  }

  /** An answer that cannot be sent is told to the asker, if that can be sent. */
  #sendAnswer(packet: PacketOf<'reply'> | PacketOf<'reject'>): void {
    try {
      this.#sendIfUp(packet);
    } catch (error) {
      const problem = toP2PError(error);
      this.#sendIfUp({ ...packet, type: 'reject', payload: Payload.ofError(problem) });
      this.#handler.failed(problem);
    }
  }

  #peerGone({ peer, epoch, id }: PacketOf<'peer-gone'>): void {
    this.#pending.peerGone(peer, id);
    this.#asked.peerGone(epoch);
    this.#streams.peerGone(peer, epoch);
    this.#watched.delete(peer);
    this.#handler.peerGone(peer);
    if (this.#pairs.delete(peer)) this.#handler.pairEnded(peer, 'PEER_GONE');
  }
}
