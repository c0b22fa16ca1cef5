import { callGuarded, isThenable } from '../async/call-guarded.js';
import { iteration } from '../async/iterables.js';
import { onAbort } from '../async/on-abort.js';
import { invalidArgument } from '../protocol/check-names.js';
import { MAX_UNREAD_PUBLICATIONS } from '../protocol/limits.js';
import { isP2PError, P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { Payload } from '../protocol/payload.js';
import { checkListener } from './call-arguments.js';
import type { PeerEngine } from './peer-engine.js';
import { abortedError, type Deadline } from './pending-operations.js';
import type { SubscriptionListener } from './subscription-table.js';
import { UnreadPublications } from './unread-publications.js';

/** What a subscription tells beside its publications. */
export interface SubscriptionEvents {
  /** The connection to the server is lost; the service is asked again when it is back (CC-2). */
  interrupted: (error: P2PError) => void;
  /** Publications come again. What the topic retains comes once more; what was published meanwhile may be lost. */
  resumed: () => void;
  /** So many publications were left out, because this client did not keep up. */
  missed: (count: number) => void;
  /** It is over, with the reason; without one it was unsubscribed here. */
  ended: (reason?: P2PError) => void;
}

export interface SubscriptionOptions<Value> {
  readonly engine: PeerEngine;
  readonly service: string;
  readonly topic: string;
  readonly deadline: Deadline;
  /** Makes a value of what was published, at once or later; what it throws is told, and nobody gets the value. */
  readonly read: (payload: Payload) => Value | PromiseLike<Value>;
  /** Gets every publication. Without it they are kept for an iteration. */
  readonly callback: ((value: Value) => unknown) | undefined;
  /** Failures that nobody else is told of. */
  readonly failed: (error: P2PError) => void;
}

/**
 * A subscription to a topic (CV-3): calls a callback, or is iterated with `for await`. It ends by `unsubscribe`, by the
 * signal it was made with, by the service, or when the service is gone; an iteration then throws the reason.
 */
export class Subscription<Value = unknown> implements AsyncIterable<Value> {
  /** Client id of the service. */
  readonly service: string;
  readonly topic: string;
  readonly #options: SubscriptionOptions<Value>;
  readonly #listeners: { readonly [E in keyof SubscriptionEvents]: Set<SubscriptionEvents[E]> } = {
    interrupted: new Set(),
    resumed: new Set(),
    missed: new Set(),
    ended: new Set(),
  };
  readonly #ready: Promise<void>;
  readonly #ended: Promise<P2PError | undefined>;
  /** One for each iteration. */
  readonly #iterations = new Set<UnreadPublications<Value>>();
  /** For the iteration that is to come where there is no callback. */
  #first: UnreadPublications<Value> | undefined;
  #reading: PromiseLike<void> | undefined;
  #readingCount = 0;
  #state: 'asking' | 'active' | 'interrupted' | 'ended' = 'asking';
  #reason: P2PError | undefined;
  #missed = 0;
  #wasActive = false;
  #isReadyWatched = false;
  #isEndWatched = false;
  #unsubscribe: () => void = () => {};
  #stopListening: () => void = () => {};

  constructor(options: SubscriptionOptions<Value>) {
    const { service, topic, deadline, engine } = options;
    this.service = service;
    this.topic = topic;
    this.#options = options;
    if (!options.callback) this.#first = this.#startIteration();
    let settleReady: (error?: P2PError) => void = () => {};
    let settleEnded: (reason: P2PError | undefined) => void = () => {};
    this.#ready = new Promise((resolve, reject) => {
      settleReady = (error) => (error ? reject(error) : resolve());
    });
    this.#ended = new Promise((resolve) => {
      settleEnded = resolve;
    });
    // Who does not look at it need not hear of it.
    this.#ready.catch(() => {});
    const listener = this.#listener(settleReady, settleEnded);
    const { signal, timeout } = deadline;
    if (signal?.aborted) {
      listener.ended();
      return;
    }
    this.#stopListening = onAbort(signal, () => this.unsubscribe());
    // A service in this process publishes at once, when nobody has this subscription yet.
    this.#inOrder(() => Promise.resolve());
    this.#unsubscribe = engine.services.subscribe({ service, topic, timeout, listener });
  }

  /** `asking` until the service has accepted, `interrupted` while the connection is lost. */
  get state(): 'asking' | 'active' | 'interrupted' | 'ended' {
    return this.#state;
  }

  /** Resolves when the service has accepted; rejects when it has not, with the `P2PError`. */
  get ready(): Promise<void> {
    this.#isReadyWatched = true;
    return this.#ready;
  }

  /** Resolves when it is over, to the reason; to undefined when it was unsubscribed here. Never rejects. */
  get ended(): Promise<P2PError | undefined> {
    this.#isEndWatched = true;
    return this.#ended;
  }

  /** How many publications were left out so far, because this client did not keep up. */
  get missed(): number {
    return this.#missed;
  }

  /** Hears what happens to it. Returns a way to stop. @throws P2PError `INVALID_ARGUMENT` */
  on<E extends keyof SubscriptionEvents>(event: E, listener: SubscriptionEvents[E]): () => void {
    checkListener(listener);
    if (!Object.hasOwn(this.#listeners, event)) throw invalidArgument(`A subscription has no event "${event}"`);
    if (event === 'ended') this.#isEndWatched = true;
    const listeners = this.#listeners[event] as Set<SubscriptionEvents[E]>;
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Ends it. */
  unsubscribe(): void {
    this.#unsubscribe();
  }

  /**
   * The publications. Up to 1,000, or 16 MiB, wait to be taken; then the oldest are missed. Leaving the iteration unsubscribes,
   * unless there is a callback too.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Value> {
    this.#isEndWatched = true;
    const unread = this.#first ?? this.#startIteration();
    this.#first = undefined;
    const leave = () => {
      unread.leave();
      this.#iterations.delete(unread);
      if (!this.#options.callback) this.unsubscribe();
    };
    return iteration({ next: () => unread.next(), leave });
  }

  #startIteration(): UnreadPublications<Value> {
    const unread = new UnreadPublications<Value>();
    if (this.#state === 'ended') unread.end(this.#reason);
    else this.#iterations.add(unread);
    return unread;
  }

  #listener(
    settleReady: (error?: P2PError) => void,
    settleEnded: (reason: P2PError | undefined) => void,
  ): SubscriptionListener {
    const listener: SubscriptionListener = {
      active: () => {
        const resumed = this.#state === 'interrupted';
        this.#state = 'active';
        this.#wasActive = true;
        settleReady();
        if (resumed) this.#inOrder(() => this.#tell('resumed'));
      },
      publication: (payload) => this.#arrived(payload),
      missed: (count) => this.#inOrder(() => this.#miss(count)),
      interrupted: (error) => {
        this.#state = 'interrupted';
        this.#inOrder(() => this.#tell('interrupted', error));
      },
      ended: (reason) => {
        const end = () => {
          if (this.#state === 'ended') return;
          this.#end(reason);
          settleReady(reason ?? abortedError(this.#options.deadline.signal));
          settleEnded(reason);
          this.#tell('ended', reason);
        };
        if (!reason) return end();
        // What came before is for the application, unless it unsubscribes meanwhile.
        this.#unsubscribe = () => listener.ended();
        this.#inOrder(end);
      },
    };
    return listener;
  }

  #end(reason: P2PError | undefined): void {
    this.#state = 'ended';
    this.#reason = reason;
    this.#stopListening();
    for (const unread of this.#iterations) unread.end(reason);
    if (!reason) return;
    // Whoever made it has had no time to look at it, where it ends at once.
    const isLookedAt = () => this.#isEndWatched || (this.#isReadyWatched && !this.#wasActive);
    queueMicrotask(() => isLookedAt() || this.#options.failed(reason));
  }

  /** What reading holds up is bounded too. */
  #arrived(payload: Payload): void {
    if (this.#readingCount >= MAX_UNREAD_PUBLICATIONS) return this.#inOrder(() => this.#miss(1));
    this.#readingCount++;
    this.#inOrder(() => {
      this.#readingCount--;
      return this.#read(payload);
    });
  }

  /** In the order of arrival, also where reading takes time. */
  #inOrder(step: () => PromiseLike<void> | void): void {
    const reading = this.#reading ? this.#reading.then(step) : step();
    if (!reading) return;
    this.#reading = reading;
    reading.then(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
  }

  #read(payload: Payload): PromiseLike<void> | undefined {
    if (this.#state === 'ended') return undefined;
    try {
      const size = payload.size;
      const value = this.#options.read(payload);
      if (!isThenable(value)) return void this.#deliver(value, size);
      return (value as PromiseLike<Value>).then(
        (read) => this.#deliver(read, size),
        (error) => this.#options.failed(toP2PError(error)),
      );
    } catch (error) {
      this.#options.failed(toP2PError(error));
      return undefined;
    }
  }

  #deliver(value: Value, size: number): void {
    if (this.#state === 'ended') return;
    const { callback, failed } = this.#options;
    if (callback) callGuarded(callback, [value], (cause) => failed(callbackFailed(this.topic, cause)));
    for (const unread of this.#iterations) {
      const dropped = unread.push(value, size);
      if (dropped > 0) this.#miss(dropped);
    }
  }

  #miss(count: number): void {
    this.#missed += count;
    this.#tell('missed', count);
  }

  #tell<E extends keyof SubscriptionEvents>(event: E, ...args: Parameters<SubscriptionEvents[E]>): void {
    const listeners = this.#listeners[event] as ReadonlySet<(...args: readonly unknown[]) => unknown>;
    for (const listener of [...listeners]) {
      callGuarded(listener, args, (cause) => this.#options.failed(callbackFailed(this.topic, cause)));
    }
  }
}

function callbackFailed(topic: string, cause: unknown): P2PError {
  if (isP2PError(cause)) return cause;
  return new P2PError('HANDLER_FAILED', `A listener of the topic "${topic}" failed`, { details: { topic }, cause });
}
