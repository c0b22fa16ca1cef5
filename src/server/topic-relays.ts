import { systemClock, type Timer } from '../async/clock.js';
import { P2PError } from '../protocol/p2p-error.js';
import type { PacketOf } from '../protocol/packet.js';
import { Payload } from '../protocol/payload.js';
import type { Interest } from './interest.js';
import { SendQueue } from './send-queue.js';
import type { Session } from './session.js';
import { TopicRelay } from './topic-relay.js';

export interface TopicRelaysOptions {
  readonly interest: Interest;
  readonly logError: (message: string, error: unknown) => void;
}

/** Who subscribes to what: it hangs off the sessions of the service and of the subscriber. */
export class TopicRelays {
  readonly #options: TopicRelaysOptions;

  constructor(options: TopicRelaysOptions) {
    this.#options = options;
  }

  /** The service has accepted one who does not wait for that. @returns whether it is a subscriber anyway */
  acceptedAgain(service: Session, subscriber: Session, { topic, id }: PacketOf<'subscribed'>): boolean {
    return service.topics.get(topic)?.acceptedAgain(subscriber, id) ?? false;
  }

  /** The service has accepted. */
  connect(service: Session, subscriber: Session, packet: PacketOf<'subscribed'>): void {
    if (this.acceptedAgain(service, subscriber, packet)) return;
    const { topic, id } = packet;
    const relay = service.topics.get(topic) ?? new TopicRelay<Session>(service, topic);
    service.topics.set(topic, relay);
    relay.add(subscriber, id, this.#queueOf(subscriber));
    subscriber.subscriptions.add(relay);
    this.#options.interest.tie(service, subscriber);
    // Whoever looks at Socket.IO's rooms sees it too.
    this.#changeRoom(subscriber.socket?.join(relay.room));
  }

  /** @returns whether it was subscribed; the service is told */
  disconnect(service: Session, topic: string, subscriber: Session): boolean {
    const relay = service.topics.get(topic);
    const id = relay && this.#remove(relay, subscriber);
    if (id === undefined) return false;
    const { clientId: peer, epoch } = subscriber;
    service.deliver({ type: 'unsubscribed', peer, epoch, id, topic });
    return true;
  }

  /** To subscribers only. */
  sendRetained(service: Session, subscriber: Session, packet: PacketOf<'retained'>): void {
    service.topics.get(packet.topic)?.sendRetained(subscriber, packet);
  }

  publish(service: Session, { topic, payload }: PacketOf<'publish'>): void {
    service.topics.get(topic)?.publish(payload);
  }

  /** `done` is called when all subscribers have had room for it, or those who had not are subscribed no more. */
  publishAndWait(service: Session, { topic, timeout, payload }: PacketOf<'publish-wait'>, done: () => void): void {
    const relay = service.topics.get(topic);
    if (!relay) return done();
    let timer: Timer;
    let isDone = false;
    const late = relay.publishAndWait(payload, timeout, () => {
      isDone = true;
      systemClock.clearTimer(timer);
      done();
    });
    if (isDone) return;
    timer = systemClock.setTimer(() => {
      for (const subscriber of late()) this.#endSlow(relay, subscriber);
    }, timeout);
  }

  /** SV-5: every subscription ends, for this reason. */
  close(service: Session, topic: string, payload: Payload): void {
    const relay = service.topics.get(topic);
    if (!relay) return;
    const { listeners } = relay;
    for (const subscriber of relay.subscribers) this.#remove(relay, subscriber);
    for (const listener of listeners) tellClosed(relay, listener, payload);
  }

  /** The others are told by `peer-gone`, once for all. */
  ended(session: Session): void {
    for (const relay of [...session.topics.values()]) {
      for (const subscriber of relay.subscribers) this.#remove(relay, subscriber);
    }
    for (const relay of [...session.subscriptions]) this.#remove(relay, session);
  }

  #endSlow(relay: TopicRelay<Session>, subscriber: Session): void {
    const { service, topic } = relay;
    const error = new P2PError('SUBSCRIBER_TOO_SLOW', `Publications of "${topic}" were not taken in time`, {
      details: { topic },
    });
    if (this.disconnect(service, topic, subscriber)) tellClosed(relay, subscriber, Payload.ofError(error));
  }

  /** @returns the id of what the service accepted last, where it was a subscriber */
  #remove(relay: TopicRelay<Session>, subscriber: Session): number | undefined {
    const id = relay.remove(subscriber);
    if (id === undefined) return undefined;
    subscriber.subscriptions.delete(relay);
    this.#options.interest.untie(relay.service, subscriber);
    if (relay.isEmpty) relay.service.topics.delete(relay.topic);
    const isElsewhere = [...subscriber.subscriptions].some(({ room }) => room === relay.room);
    if (subscriber.socket?.connected && !isElsewhere) this.#changeRoom(subscriber.socket.leave(relay.room));
    return id;
  }

  #queueOf(session: Session): SendQueue | undefined {
    if (session.socket) session.publications ??= new SendQueue(session.socket);
    return session.publications;
  }

  /** Adapters of a cluster may take their time, and fail. */
  #changeRoom(changed: Promise<void> | void): void {
    changed?.catch((error) => this.#options.logError('a room could not be changed', error));
  }
}

function tellClosed(
  { service, topic }: TopicRelay<Session>,
  subscriber: Pick<Session, 'deliver'>,
  payload: Payload,
): void {
  const { clientId: peer, epoch } = service;
  subscriber.deliver({ type: 'topic-closed', peer, epoch, topic, payload });
}
