import { type Clock, systemClock } from '../async/clock.js';
import { ROUTER } from '../protocol/identifiers.js';
import type { P2PError } from '../protocol/p2p-error.js';
import type { Packet, PacketOf } from '../protocol/packet.js';
import type { Payload } from '../protocol/payload.js';
import { AskedRequests } from './asked-requests.js';
import { type Link, type LinkReceiver, linkDown, peerGone } from './link.js';
import { type AnswerContext, PeerAnswer } from './peer-answer.js';
import type { PeerHandler } from './peer-handler.js';
import { type Deadline, type OperationPlan, PendingOperations } from './pending-operations.js';
import { ServiceEngine } from './service-engine.js';
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
  readonly #answers: AnswerContext;
  readonly #streams: StreamTable;
  readonly services: ServiceEngine;
  readonly clock: Clock;

  constructor(link: Link, handler: PeerHandler, clock: Clock = systemClock) {
    this.#link = link;
    this.#handler = handler;
    this.clock = clock;
    this.#pending = new PendingOperations({
      clock,
      send: (packet) => link.send(packet),
      gaveUp: (peer, id) => peer !== ROUTER && this.#sendIfUp({ type: 'cancel', peer, epoch: 0, id }),
      waitedFor: () => link.problem,
    });
    const shared = {
      link,
      handler,
      clock,
      pending: this.#pending,
      ask: <Answer = Payload>(plan: OperationPlan) => this.#start<Answer>(plan),
      sendIfUp: (packet: Packet) => this.#sendIfUp(packet),
    };
    this.#answers = { link, asked: this.#asked, failed: (error) => handler.failed(error) };
    this.#streams = new StreamTable({ ...shared, asked: this.#asked, now: () => clock.now() });
    this.services = new ServiceEngine({ ...shared, streams: this.#streams, answers: this.#answers });
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
    this.#handler.linkUp();
    this.#pending.flush();
    this.services.linkUp();
  }

  linkDown(error: P2PError): void {
    // Before what they ask for fails: it will be asked for again.
    this.services.linkDown(error);
    this.#pending.failAll(error);
    this.#asked.closeAll(error);
    this.#streams.linkDown(error);
    this.#handler.linkDown();
    const pairs = [...this.#pairs];
    this.#pairs.clear();
    for (const peer of pairs) this.#handler.pairEnded(peer, 'LINK_DOWN');
  }

  receive(packet: Packet): void {
    switch (packet.type) {
      case 'message':
        return this.#handler.message(packet);
      case 'request':
        return this.#handler.message({ ...packet, answer: new PeerAnswer(packet, this.#answers) });
      case 'pair':
        return this.#handler.pairAsked(packet.peer, new PeerAnswer(packet, this.#answers));
      case 'reply':
        return void this.#pending.answer(packet.peer, packet.id, packet.payload);
      case 'reject':
        return void this.#pending.answer(packet.peer, packet.id, packet.payload.error);
      case 'cancel':
        return this.#asked.cancel(packet);
      case 'paired':
        return void this.#pairs.add(packet.peer);
      case 'peer-gone':
        return this.#peerGone(packet);
      case 'session-gone':
        return this.#sessionGone(packet.peer, packet.epoch);
      case 'error':
        return this.#handler.failed(packet.payload.error);
      default:
        return this.#receiveOnStream(packet);
    }
  }

  #receiveOnStream(packet: Packet): void {
    switch (packet.type) {
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
      default:
        return this.services.receive(packet);
    }
  }

  #ask(peer: string, { timeout, signal }: Deadline, packet: OperationPlan['packet']): Promise<Payload> {
    return this.#start({ peer, timeout, signal, answered: true, packet });
  }

  #sendOrQueue(packet: Packet, deadline: Deadline): void {
    if (this.#link.state === 'up' && !deadline.signal?.aborted) return this.#link.send(packet);
    this.#start({ ...deadline, peer: ROUTER, answered: false, packet: () => packet }).catch((error: P2PError) =>
      this.#handler.failed(error),
    );
  }

  #start<Answer = Payload>(plan: OperationPlan): Promise<Answer> {
    const { state } = this.#link;
    if (state === 'down') return Promise.reject(this.#link.problem ?? linkDown());
    return this.#pending.start(plan, state === 'waiting');
  }

  #sendIfUp(packet: Packet): void {
    if (this.#link.state === 'up') this.#link.send(packet);
  }

  #sessionGone(peer: string, epoch: number): void {
    const error = peerGone(peer);
    this.#asked.peerGone(epoch, error);
    this.#streams.peerGone(epoch, error);
    this.services.sessionGone(epoch, error);
    this.#handler.sessionGone(epoch);
  }

  #peerGone({ peer, epoch, id }: PacketOf<'peer-gone'>): void {
    this.#pending.peerGone(peer, id, peerGone(peer));
    this.#sessionGone(peer, epoch);
    this.#watched.delete(peer);
    this.#handler.peerGone(peer);
    if (this.#pairs.delete(peer)) this.#handler.pairEnded(peer, 'PEER_GONE');
  }
}
