import type { Clock } from '../async/clock.js';
import { ROUTER } from '../protocol/identifiers.js';
import { MAX_TIMEOUT } from '../protocol/limits.js';
import { type P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { Packet, PacketOf } from '../protocol/packet.js';
import type { Payload } from '../protocol/payload.js';
import { type CallPlan, CallTable } from './call-table.js';
import type { Link } from './link.js';
import { type AnswerContext, PeerAnswer } from './peer-answer.js';
import type { PeerHandler, SubscribeRequest } from './peer-handler.js';
import type { CallAnswer, Deadline, OperationPlan, PendingOperations } from './pending-operations.js';
import type { StreamTable } from './stream-table.js';
import { type SubscriptionPlan, SubscriptionTable } from './subscription-table.js';

export interface ServiceEngineOptions {
  readonly link: Link;
  readonly handler: PeerHandler;
  readonly clock: Clock;
  readonly pending: PendingOperations;
  readonly streams: StreamTable;
  readonly answers: AnswerContext;
  /** Starts an operation, when the link allows. */
  readonly ask: <Answer = Payload>(plan: OperationPlan) => Promise<Answer>;
  /** Sends a packet, or not where the link is not up. */
  readonly sendIfUp: (packet: Packet) => void;
}

/** The server waits for slow subscribers to the deadline, and what it says then needs a moment, in ms. */
const ANSWER_TIME = 1_000;

/** The part of an engine that knows services and topics, on both sides of them. */
export class ServiceEngine {
  readonly #options: ServiceEngineOptions;
  readonly #calls: CallTable;
  readonly #subscriptions: SubscriptionTable;

  constructor(options: ServiceEngineOptions) {
    this.#options = options;
    this.#calls = new CallTable(options);
    this.#subscriptions = new SubscriptionTable(options);
  }

  /** Subscriptions that are active, or on the way to it. */
  get subscriptionCount(): number {
    return this.#subscriptions.size;
  }

  get isUp(): boolean {
    return this.#options.link.state === 'up';
  }

  /** CV-3: the result, or the stream on which the call goes on. */
  call(service: string, plan: CallPlan, deadline: Deadline): Promise<CallAnswer> {
    return this.#calls.call(service, plan, deadline);
  }

  /** CV-3: @returns a way to unsubscribe */
  subscribe(plan: SubscriptionPlan): () => void {
    return this.#subscriptions.start(plan);
  }

  /** CV-3: ends all subscriptions to the topic. */
  unsubscribe(service: string, topic: string): void {
    this.#subscriptions.stop(service, topic);
  }

  /** The ids of all services. */
  async list({ timeout, signal }: Deadline): Promise<string[]> {
    const packet = (id: number) => ({ type: 'services', id }) as const;
    const payload = await this.#options.ask({ peer: ROUTER, timeout, signal, answered: true, packet });
    return payload.args[0] as string[];
  }

  /** CV-2: this client is a service, as long as the link is up. */
  offer(): void {
    this.#options.sendIfUp({ type: 'offer' });
  }

  /** @throws P2PError `PAYLOAD_TOO_LARGE` */
  checkSize(payload: Payload): void {
    this.#options.link.checkSize(payload);
  }

  /** CV-2: to all subscribers that keep up. */
  publish(topic: string, payload: Payload): void {
    this.#options.sendIfUp({ type: 'publish', topic, payload });
  }

  /** CV-2: to all subscribers; resolves when there was room for it with each of them. */
  async publishAndWait(topic: string, payload: Payload, { timeout, signal }: Deadline): Promise<void> {
    const packet = (id: number, left: number): PacketOf<'publish-wait'> => {
      return { type: 'publish-wait', id, timeout: Math.max(1, left - ANSWER_TIME), topic, payload };
    };
    const longer = Math.min(MAX_TIMEOUT, timeout + ANSWER_TIME);
    await this.#options.ask({ peer: ROUTER, timeout: longer, signal, answered: true, packet });
  }

  /** SV-5: the topic is no more. */
  closeTopic(topic: string, payload: Payload): void {
    this.#options.sendIfUp({ type: 'close-topic', topic, payload });
  }

  linkUp(): void {
    this.#subscriptions.linkUp();
  }

  linkDown(error: P2PError): void {
    this.#subscriptions.linkDown(error, this.#options.link.isFinal);
  }

  sessionGone(epoch: number, error: P2PError): void {
    this.#subscriptions.peerGone(epoch, error);
  }

  receive(packet: Packet): void {
    const { handler } = this.#options;
    switch (packet.type) {
      case 'call':
        return handler.callAsked(this.#calls.requestOf(packet));
      case 'called':
        return this.#calls.called(packet);
      case 'subscribe':
        return handler.subscribeAsked(this.#subscribeRequestOf(packet));
      case 'subscribed':
        return this.#subscriptions.subscribed(packet);
      case 'retained':
        return this.#subscriptions.retained(packet);
      case 'publication':
        return this.#subscriptions.publication(packet);
      case 'missed':
        return this.#subscriptions.missed(packet);
      case 'topic-closed':
        return this.#subscriptions.topicClosed(packet);
      case 'unsubscribed':
        return handler.unsubscribed(packet);
      default:
      // A packet that is not for us: a newer router may know more than we do.
    }
  }

  #subscribeRequestOf(packet: PacketOf<'subscribe'>): SubscribeRequest {
    const { peer, epoch, id, topic } = packet;
    const answer = new PeerAnswer(packet, this.#options.answers);
    return {
      peer,
      epoch,
      id,
      topic,
      accept: (retained) => {
        if (!answer.take()) return false;
        this.#options.link.send({ type: 'subscribed', peer, epoch, id, topic });
        for (const payload of retained) this.#sendRetained({ type: 'retained', peer, epoch, id, topic, payload });
        return true;
      },
      reject: (error) => void answer.reject(error),
    };
  }

  /** The server may take less at once than when it was published: the others are sent all the same. */
  #sendRetained(packet: PacketOf<'retained'>): void {
    try {
      this.#options.link.send(packet);
    } catch (error) {
      this.#options.handler.failed(toP2PError(error));
    }
  }
}
