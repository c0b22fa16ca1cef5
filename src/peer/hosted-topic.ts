import { invalidArgument } from '../protocol/check-names.js';
import { MAX_RETAINED } from '../protocol/limits.js';
import type { Payload } from '../protocol/payload.js';
import type { Acceptance } from './acceptance.js';
import type { SubscribeRequest } from './peer-handler.js';

/** Who wants to subscribe, as the service sees it. */
export interface IncomingSubscription {
  /** Client id of the subscriber, stamped by the server. */
  readonly from: string;
  readonly topic: string;
}

/** How a topic treats its subscribers. */
export interface TopicOptions {
  /** How many publications are kept, the latest, for those who subscribe later. 0 (default) to 1,000. */
  readonly retain?: number;
  /**
   * What becomes of a publication for a subscriber that has more than 1 MiB queued. `drop` (default): it is left out,
   * and the subscriber is told how many it missed. `wait`: `publishTopic` waits for it, to its deadline; then the
   * subscription ends with `SUBSCRIBER_TOO_SLOW`.
   */
  readonly slow?: 'drop' | 'wait';
  /**
   * Decides on each subscriber, at once or later: `true` accepts. Everything else refuses, a string with itself as the
   * reason: the subscriber gets `SUBSCRIPTION_REFUSED`. A `P2PError` that it throws reaches the subscriber as it is.
   */
  readonly accept?: (incoming: IncomingSubscription) => Acceptance | PromiseLike<Acceptance>;
}

/** A topic that a service has. */
export class HostedTopic {
  readonly name: string;
  readonly options: TopicOptions;
  /** The sessions that have subscribed, by their epochs, with the id of what was accepted last. */
  readonly subscribers = new Map<number, number>();
  publications = 0;
  #retained: Payload[] = [];

  /** @throws P2PError `INVALID_ARGUMENT` */
  constructor(name: string, options: TopicOptions) {
    checkTopicOptions(options);
    this.name = name;
    this.options = options;
  }

  get retained(): readonly Payload[] {
    return this.#retained;
  }

  /** The request is accepted, if somebody still waits for that. */
  admit(request: SubscribeRequest): void {
    const { epoch, id } = request;
    const before = this.subscribers.get(epoch);
    // Before it is answered: what is published from now on is for this subscriber too.
    this.subscribers.set(epoch, id);
    if (request.accept(this.#retained)) return;
    if (before === undefined) this.subscribers.delete(epoch);
    else this.subscribers.set(epoch, before);
  }

  /** The router has taken a session out. What was accepted since is on its way to the router. */
  left(epoch: number, id: number): void {
    if (this.subscribers.get(epoch) === id) this.subscribers.delete(epoch);
  }

  keep(payload: Payload): void {
    this.publications++;
    const { retain = 0 } = this.options;
    if (retain === 0) return;
    this.#retained.push(payload);
    if (this.#retained.length > retain) this.#retained.shift();
  }
}

function checkTopicOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null) throw invalidArgument('Topic options are an object');
  const { retain = 0, slow = 'drop', accept } = options as Record<string, unknown>;
  if (!Number.isInteger(retain) || (retain as number) < 0 || (retain as number) > MAX_RETAINED) {
    throw invalidArgument(`retain is a whole number from 0 to ${MAX_RETAINED}`);
  }
  if (slow !== 'drop' && slow !== 'wait') throw invalidArgument('slow is "drop" or "wait"');
  if (accept !== undefined && typeof accept !== 'function') throw invalidArgument('accept is a function');
}
