import type { PeerEngine } from '../peer/peer-engine.js';
import { abortedError } from '../peer/pending-operations.js';
import { invalidArgument } from '../protocol/check-names.js';
import { TOPIC_EVENTS } from '../protocol/event-names.js';
import { topicRoom } from '../protocol/identifiers.js';
import { DEFAULT_TIMEOUT } from '../protocol/limits.js';
import type { P2PError } from '../protocol/p2p-error.js';
import { readPlainTopic } from '../protocol/plain-bodies.js';

export interface PlainSubscriptionsOptions {
  readonly engine: PeerEngine;
  readonly emit: (event: string, args: readonly unknown[]) => void;
}

/** The subscriptions of a client without the plugin: one for each topic. `PROTOCOL.md` § Plain clients. */
export class PlainSubscriptions {
  readonly #options: PlainSubscriptionsOptions;
  readonly #ends = new Map<string, () => void>();

  constructor(options: PlainSubscriptionsOptions) {
    this.#options = options;
  }

  /** Resolves when the service has accepted. */
  subscribe(body: unknown): Promise<void> {
    const { service, topic } = readPlainTopic(body);
    const key = topicRoom(service, topic);
    if (this.#ends.has(key)) throw invalidArgument('This topic is subscribed to already');
    return new Promise((resolve, reject) => {
      const { engine, emit } = this.#options;
      let isActive = false;
      const listener = {
        active: () => {
          isActive = true;
          resolve();
        },
        // They go past the engine: see `PlainPort.deliver`.
        publication: () => {},
        missed: (count: number) => emit(TOPIC_EVENTS.missed, [{ service, topic, count }]),
        interrupted: () => {},
        ended: (error?: P2PError) => {
          this.#ends.delete(key);
          if (!isActive) reject(error ?? abortedError(undefined));
          else if (error) emit(TOPIC_EVENTS.closed, [{ service, topic, error: error.toJSON() }]);
        },
      };
      // In this order: the service may answer at once, and end it at once too.
      this.#ends.set(key, () => {});
      const end = engine.services.subscribe({ service, topic, timeout: DEFAULT_TIMEOUT, listener });
      if (this.#ends.has(key)) this.#ends.set(key, end);
    });
  }

  unsubscribe(body: unknown): void {
    const { service, topic } = readPlainTopic(body);
    this.#ends.get(topicRoom(service, topic))?.();
  }
}
