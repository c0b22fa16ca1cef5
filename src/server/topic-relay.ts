import { Fifo } from '../async/fifo.js';
import { topicRoom } from '../protocol/identifiers.js';
import { MAX_QUEUED_PUBLICATIONS, MAX_QUEUED_RETAINED, MAX_WAITING_PUBLICATIONS } from '../protocol/limits.js';
import { P2PError } from '../protocol/p2p-error.js';
import type { Packet, PacketOf } from '../protocol/packet.js';
import type { Payload } from '../protocol/payload.js';
import type { SendQueue } from './send-queue.js';
import type { DeliverOptions, SharedEncodings } from './session-port.js';

/** What a publication that waits costs beside its payload, in bytes: about what it takes in memory. */
const DELIVERY_COST = 1_024;

/** A session, as far as topics need it. */
interface Member {
  readonly clientId: string;
  readonly epoch: number;
  deliver(packet: Packet, options?: DeliverOptions): void;
  /** Missing: it is connected to this server. Else what gets publications there, once for all. */
  readonly gateway?: Gateway | undefined;
}

/** Another server, whose subscribers get publications from it. */
export interface Gateway {
  deliver(packet: Packet): void;
  /** `done` is called when all subscribers there have had room for it, or are none any more. */
  publishAndWait(packet: PacketOf<'publication'>, timeout: number, done: () => void): void;
}

/** A publication on its way to all subscribers. */
interface Delivery {
  readonly packet: PacketOf<'publication'>;
  readonly shared: SharedEncodings;
  /** Those who have no room for it yet. */
  readonly late: Set<object>;
  /** Nobody is late any more. */
  readonly done: () => void;
}

interface Subscriber {
  readonly session: Pick<Member, 'deliver'>;
  /** Missing: it is one of this server. */
  readonly gateway?: Gateway;
  /** The id of what the service accepted last. */
  acceptedId: number;
  /** The latest publication before it subscribed. */
  readonly since: number;
  /** Missing: it is in this process, and always has room. */
  readonly queue: SendQueue | undefined;
  /** Publications that were left out, and that it has not been told of. */
  missed: number;
  /** Those that wait for room, in their order. */
  readonly waiting: Delivery[];
  /** Stops waiting for room. */
  stopWaiting: (() => void) | undefined;
}

/** One topic of one service, as long as it has subscribers. Its publications are encoded once (SV-5). */
export class TopicRelay<Session extends Member> {
  readonly service: Session;
  readonly topic: string;
  readonly room: string;
  readonly #subscribers = new Map<Session | Gateway, Subscriber>();
  /** Subscribers of other servers, with the id of what the service accepted last. */
  readonly #remote = new Map<Session, number>();
  /** How many of these there are at each server. */
  readonly #behind = new Map<Gateway, number>();
  /** What waits for subscribers, in bytes. */
  #waitingBytes = 0;
  /** Counts publications: who subscribes later gets those that are kept, and not these again. */
  #lastTurn = 0;
  readonly #turns = new Fifo<() => void>();
  #isDelivering = false;

  constructor(service: Session, topic: string) {
    this.service = service;
    this.topic = topic;
    this.room = topicRoom(service.clientId, topic);
  }

  get subscribers(): readonly Session[] {
    return [...this.#local, ...this.#remote.keys()];
  }

  /** Who is to be told what concerns all subscribers: those of other servers hear it from these. */
  get listeners(): readonly Pick<Member, 'deliver'>[] {
    return Array.from(this.#subscribers.values(), ({ session }) => session);
  }

  get isEmpty(): boolean {
    return this.#subscribers.size === 0;
  }

  get #local(): Session[] {
    return [...this.#subscribers.entries()].flatMap(([key, { gateway }]) => (gateway ? [] : [key as Session]));
  }

  add(session: Session, acceptedId: number, queue: SendQueue | undefined): void {
    const idle = { since: this.#lastTurn, missed: 0, waiting: [], stopWaiting: undefined };
    const { gateway } = session;
    if (!gateway) return void this.#subscribers.set(session, { session, acceptedId, queue, ...idle });
    this.#remote.set(session, acceptedId);
    this.#behind.set(gateway, (this.#behind.get(gateway) ?? 0) + 1);
    if (this.#subscribers.has(gateway)) return;
    this.#subscribers.set(gateway, { session: gateway, gateway, acceptedId: 0, queue: undefined, ...idle });
  }

  /** The service has accepted a subscriber again. @returns whether it is one */
  acceptedAgain(session: Session, id: number): boolean {
    if (this.#remote.has(session)) {
      this.#remote.set(session, id);
      return true;
    }
    const subscriber = this.#subscribers.get(session);
    if (!subscriber) return false;
    subscriber.acceptedId = id;
    // What it has missed so far is nothing to the subscription that begins now.
    if (subscriber.missed > 0) this.#tellMissed(subscriber);
    return true;
  }

  /** @returns the id of what the service accepted last, where it was a subscriber */
  remove(session: Session): number | undefined {
    const { gateway } = session;
    if (!gateway) return this.#drop(session);
    const acceptedId = this.#remote.get(session);
    if (!this.#remote.delete(session)) return undefined;
    const left = (this.#behind.get(gateway) ?? 0) - 1;
    this.#behind.set(gateway, left);
    if (left > 0) return acceptedId;
    this.#behind.delete(gateway);
    this.#drop(gateway);
    return acceptedId;
  }

  #drop(key: Session | Gateway): number | undefined {
    const subscriber = this.#subscribers.get(key);
    if (!subscriber) return undefined;
    this.#subscribers.delete(key);
    subscriber.stopWaiting?.();
    for (const delivery of subscriber.waiting.splice(0)) arrived(delivery, subscriber);
    return subscriber.acceptedId;
  }

  /** What the service kept for a late subscriber, as much as it may have kept. */
  sendRetained(session: Session, packet: PacketOf<'retained'>): void {
    const { clientId: peer, epoch } = this.service;
    if (this.#remote.has(session)) return session.deliver({ ...packet, peer, epoch });
    const subscriber = this.#subscribers.get(session);
    if (!subscriber) return;
    const { queue } = subscriber;
    if (queue && !queue.isAtMost(MAX_QUEUED_RETAINED)) return this.#miss(subscriber);
    session.deliver({ ...packet, peer, epoch }, { queue });
  }

  /** To all who have room for it; the others miss it. */
  publish(payload: Payload): void {
    const packet = this.#publication(payload);
    const shared: SharedEncodings = {};
    this.#toEach((subscriber) => {
      if (!hasRoom(subscriber) || subscriber.waiting.length > 0) return this.#miss(subscriber);
      if (subscriber.missed > 0) this.#tellMissed(subscriber);
      send(subscriber, packet, shared);
    });
  }

  /**
   * To all; `done` is called when everybody has had room for it.
   * @returns those who are late, as they are at any later time
   * @throws P2PError `QUEUE_FULL` when too much waits already
   */
  publishAndWait(payload: Payload, timeout: number, done: () => void): () => readonly Session[] {
    const size = payload.size + DELIVERY_COST;
    if (this.#waitingBytes > 0 && this.#waitingBytes + size > MAX_WAITING_PUBLICATIONS) {
      const message = `Subscribers of "${this.topic}" are slow: wait until the publications before are taken`;
      throw new P2PError('QUEUE_FULL', message, { details: { topic: this.topic } });
    }
    const late = new Set<Subscriber>();
    const settle = () => {
      this.#waitingBytes -= size;
      done();
    };
    this.#waitingBytes += size;
    const delivery: Delivery = { packet: this.#publication(payload), shared: {}, late, done: settle };
    this.#toEach(
      (subscriber) => {
        const { gateway } = subscriber;
        if (gateway) {
          late.add(subscriber);
          return gateway.publishAndWait(delivery.packet, timeout, () => arrived(delivery, subscriber));
        }
        if (hasRoom(subscriber) && subscriber.waiting.length === 0) {
          return send(subscriber, delivery.packet, delivery.shared);
        }
        late.add(subscriber);
        subscriber.waiting.push(delivery);
        subscriber.stopWaiting ??= this.#whenRoom(subscriber);
      },
      () => {
        if (late.size === 0) settle();
      },
    );
    // The slow ones of other servers are ended there.
    return () => this.#local.filter((session) => late.has(this.#subscribers.get(session) as Subscriber));
  }

  /** One publication after the other: a subscriber in this process may publish at once, and the rest come first. */
  #toEach(deliver: (subscriber: Subscriber) => void, done = () => {}): void {
    const turn = ++this.#lastTurn;
    this.#turns.push(() => {
      for (const subscriber of this.#subscribers.values()) if (subscriber.since < turn) deliver(subscriber);
      done();
    });
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    try {
      for (let next = this.#turns.shift(); next; next = this.#turns.shift()) next();
    } finally {
      this.#isDelivering = false;
    }
  }

  get #publisher(): { readonly peer: string; readonly epoch: number; readonly topic: string } {
    return { peer: this.service.clientId, epoch: this.service.epoch, topic: this.topic };
  }

  #publication(payload: Payload): PacketOf<'publication'> {
    return { type: 'publication', ...this.#publisher, payload };
  }

  #miss(subscriber: Subscriber): void {
    subscriber.missed++;
    subscriber.stopWaiting ??= this.#whenRoom(subscriber);
  }

  #tellMissed(subscriber: Subscriber): void {
    const { session, queue, missed } = subscriber;
    subscriber.missed = 0;
    session.deliver({ type: 'missed', ...this.#publisher, count: missed }, { queue });
  }

  #whenRoom(subscriber: Subscriber): (() => void) | undefined {
    return subscriber.queue?.whenBelow(MAX_QUEUED_PUBLICATIONS, () => this.#goOn(subscriber));
  }

  /** There is room again. */
  #goOn(subscriber: Subscriber): void {
    subscriber.stopWaiting = undefined;
    if (subscriber.missed > 0) this.#tellMissed(subscriber);
    while (subscriber.waiting.length > 0 && hasRoom(subscriber)) {
      const delivery = subscriber.waiting.shift() as Delivery;
      send(subscriber, delivery.packet, delivery.shared);
      arrived(delivery, subscriber);
    }
    if (subscriber.waiting.length > 0) subscriber.stopWaiting ??= this.#whenRoom(subscriber);
  }
}

function hasRoom({ queue }: Subscriber): boolean {
  return queue === undefined || queue.isAtMost(MAX_QUEUED_PUBLICATIONS);
}

function send({ session, queue }: Subscriber, packet: PacketOf<'publication'>, shared: SharedEncodings): void {
  session.deliver(packet, { shared, queue });
}

function arrived({ late, done }: Delivery, subscriber: Subscriber): void {
  if (late.delete(subscriber) && late.size === 0) done();
}
