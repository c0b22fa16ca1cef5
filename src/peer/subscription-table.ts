import { BackOff } from '../async/back-off.js';
import type { Clock } from '../async/clock.js';
import { topicRoom } from '../protocol/identifiers.js';
import { type P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { Packet, PacketOf } from '../protocol/packet.js';
import { EMPTY_PAYLOAD, type Payload } from '../protocol/payload.js';
import type { OperationPlan, PendingOperations } from './pending-operations.js';

/** What a subscription is told. */
export interface SubscriptionListener {
  /** The service has accepted: publications come from now on, or again after an interruption. */
  active(): void;
  publication(payload: Payload): void;
  /** So many publications were left out, because too much was queued for this client. */
  missed(count: number): void;
  /** The own link is lost; the service is asked again when it is back. */
  interrupted(error: P2PError): void;
  /** It is over: refused, ended by the service, or the service is gone; without an error it was unsubscribed here. */
  ended(error?: P2PError): void;
}

export interface SubscriptionPlan {
  readonly service: string;
  readonly topic: string;
  /** How long the service may take to accept, in ms. */
  readonly timeout: number;
  readonly listener: SubscriptionListener;
}

interface Entry extends SubscriptionPlan {
  state: 'asking' | 'active' | 'interrupted' | 'over';
  /** The number of its latest request, by which the service knows it too. */
  id: number;
  /** The session of the service that has accepted it. */
  epoch: number;
  /** Whether a service that is not there is asked again until then, on the clock. */
  retryUntil: number;
}

/** A topic of one session. */
interface Publisher {
  readonly peer: string;
  readonly epoch: number;
  readonly topic: string;
}

/** This client's subscriptions to one topic: to the router they are one. */
interface Membership {
  readonly entries: Set<Entry>;
  /** The sessions of the service whose publications the router sends. */
  readonly memberOf: Set<number>;
}

export interface SubscriptionTableOptions {
  readonly clock: Clock;
  readonly pending: PendingOperations;
  /** Starts an operation, when the link allows. */
  readonly ask: (plan: OperationPlan) => Promise<Payload>;
  /** Sends a packet, or not where the link is not up. */
  readonly sendIfUp: (packet: Packet) => void;
}

/** After an interruption the service may take longer to come back than this client, in ms. */
const RETRY = { min: 50, max: 1_000, jitter: 0.5 };

const NOT_THERE: ReadonlySet<string> = new Set(['CLIENT_NOT_FOUND', 'API_NOT_FOUND', 'TOPIC_NOT_FOUND', 'PEER_GONE']);

/** The topics that one client subscribes to. */
export class SubscriptionTable {
  readonly #options: SubscriptionTableOptions;
  readonly #memberships = new Map<string, Membership>();
  /** Those that ask and those that are active. */
  readonly #byId = new Map<number, Entry>();
  /** Those that are active, by the session of their service. */
  readonly #byEpoch = new Map<number, Set<Entry>>();

  constructor(options: SubscriptionTableOptions) {
    this.#options = options;
  }

  get size(): number {
    let size = 0;
    for (const { entries } of this.#memberships.values()) size += entries.size;
    return size;
  }

  /** CV-3: asks the service. @returns a way to unsubscribe */
  start(plan: SubscriptionPlan): () => void {
    const entry: Entry = { ...plan, state: 'asking', id: 0, epoch: 0, retryUntil: 0 };
    const key = topicRoom(plan.service, plan.topic);
    const membership = this.#memberships.get(key);
    if (membership) membership.entries.add(entry);
    else this.#memberships.set(key, { entries: new Set([entry]), memberOf: new Set() });
    this.#ask(entry);
    return () => this.#end(entry);
  }

  /** Ends all subscriptions to a topic. */
  stop(service: string, topic: string): void {
    for (const entry of [...(this.#memberships.get(topicRoom(service, topic))?.entries ?? [])]) this.#end(entry);
  }

  /** The service has accepted; publications may follow at once. */
  subscribed({ peer, epoch, id, topic }: PacketOf<'subscribed'>): void {
    const entry = this.#byId.get(id);
    const membership = this.#memberships.get(topicRoom(peer, topic));
    if (membership) membership.memberOf.add(epoch);
    else this.#options.sendIfUp({ type: 'unsubscribe', peer, topic });
    if (!membership || entry?.state !== 'asking' || !this.#options.pending.answer(peer, id, EMPTY_PAYLOAD)) return;
    entry.state = 'active';
    entry.epoch = epoch;
    const sameEpoch = this.#byEpoch.get(epoch);
    if (sameEpoch) sameEpoch.add(entry);
    else this.#byEpoch.set(epoch, new Set([entry]));
    entry.listener.active();
  }

  /** What the service kept for a late subscriber. */
  retained({ peer, id, payload }: PacketOf<'retained'>): void {
    const entry = this.#byId.get(id);
    if (entry?.state === 'active' && entry.service === peer) entry.listener.publication(payload);
  }

  publication({ payload, ...from }: PacketOf<'publication'>): void {
    for (const { listener } of this.#activeOn(from)) listener.publication(payload);
  }

  missed({ count, ...from }: PacketOf<'missed'>): void {
    for (const { listener } of this.#activeOn(from)) listener.missed(count);
  }

  /** The membership is over, by the service or because this client was too slow. */
  topicClosed({ payload, ...from }: PacketOf<'topic-closed'>): void {
    this.#memberships.get(topicRoom(from.peer, from.topic))?.memberOf.delete(from.epoch);
    for (const entry of this.#activeOn(from)) this.#end(entry, payload.error);
  }

  peerGone(epoch: number, error: P2PError): void {
    for (const entry of [...(this.#byEpoch.get(epoch) ?? [])]) {
      this.#memberships.get(topicRoom(entry.service, entry.topic))?.memberOf.delete(epoch);
      this.#end(entry, error);
    }
  }

  /**
   * CC-2: what was active will be asked for again, unless the link is down for good. What was asked for the first time
   * fails as all that waits.
   */
  linkDown(error: P2PError, isFinal: boolean): void {
    for (const membership of [...this.#memberships.values()]) {
      membership.memberOf.clear();
      for (const entry of [...membership.entries]) {
        if (entry.epoch === 0) continue;
        if (isFinal) {
          this.#end(entry, error);
          continue;
        }
        const wasActive = entry.state === 'active';
        this.#forget(entry);
        entry.state = 'interrupted';
        entry.id = 0;
        if (wasActive) entry.listener.interrupted(error);
      }
    }
  }

  linkUp(): void {
    for (const { entries } of [...this.#memberships.values()]) {
      for (const entry of [...entries]) {
        if (entry.state !== 'interrupted') continue;
        entry.retryUntil = this.#options.clock.now() + entry.timeout;
        this.#ask(entry, new BackOff(RETRY));
      }
    }
  }

  #ask(entry: Entry, retry?: BackOff): void {
    const { pending, ask } = this.#options;
    const { service, topic, timeout } = entry;
    const id = pending.takeId();
    entry.id = id;
    entry.state = 'asking';
    this.#byId.set(id, entry);
    const subscribe = { type: 'subscribe', peer: service, epoch: 0, id, topic } as const;
    const packet = (_id: number, timeLeft: number) => ({ ...subscribe, timeout: timeLeft });
    ask({ timeout, signal: undefined, id, peer: service, answered: true, packet }).catch((error) => {
      // Otherwise it has been ended or interrupted meanwhile.
      if (entry.id === id && entry.state === 'asking') this.#refused(entry, toP2PError(error), retry);
    });
  }

  #refused(entry: Entry, error: P2PError, retry: BackOff | undefined): void {
    const { clock } = this.#options;
    if (!retry || !NOT_THERE.has(error.code) || clock.now() >= entry.retryUntil) return this.#end(entry, error);
    const { id } = entry;
    this.#forget(entry);
    entry.state = 'interrupted';
    // Unless the link is lost again meanwhile.
    const again = () => entry.state === 'interrupted' && entry.id === id && this.#ask(entry, retry);
    clock.setTimer(again, retry.next());
  }

  #activeOn({ peer, epoch, topic }: Publisher): Entry[] {
    const entries = this.#memberships.get(topicRoom(peer, topic))?.entries ?? [];
    return [...entries].filter((entry) => entry.state === 'active' && entry.epoch === epoch);
  }

  #end(entry: Entry, error?: P2PError): void {
    if (entry.state === 'over') return;
    const { service: peer, topic, id } = entry;
    const wasAsking = entry.state === 'asking';
    this.#forget(entry);
    entry.state = 'over';
    if (wasAsking && !error) this.#options.pending.abandon(id);
    const key = topicRoom(peer, topic);
    const membership = this.#memberships.get(key);
    membership?.entries.delete(entry);
    if (membership?.entries.size === 0) {
      this.#memberships.delete(key);
      if (membership.memberOf.size > 0) this.#options.sendIfUp({ type: 'unsubscribe', peer, topic });
    }
    entry.listener.ended(error);
  }

  #forget(entry: Entry): void {
    this.#byId.delete(entry.id);
    const sameEpoch = this.#byEpoch.get(entry.epoch);
    if (sameEpoch?.delete(entry) && sameEpoch.size === 0) this.#byEpoch.delete(entry.epoch);
  }
}
