import type { PublishedValue, ServiceContract, ServiceHandlers, TopicName } from '../protocol/typed-services.js';
import type { TopicOptions } from './hosted-topic.js';
import type { ApiHandler } from './offered-api.js';

/** What a service publishes by, with one set of options. */
export interface ServicePublisher {
  /**
   * Publishes one value on a topic of this service; it is encoded once, however many subscribe. Where the topic waits
   * for slow subscribers, the promise does, to its deadline at most; otherwise it is resolved at once.
   *
   * A topic that waits rejects with `LINK_DOWN`, `TIMEOUT` (not connected in time) or `QUEUE_FULL` (it publishes without
   * waiting); otherwise what is published without a connection is retained, if that, and the promise resolved. A promise
   * that nobody looks at is no unhandled rejection.
   * @throws P2PError `TOPIC_NOT_FOUND` also for a topic of another service, `NOT_A_SERVICE`, `INVALID_ARGUMENT`,
   * `PAYLOAD_TOO_LARGE`
   */
  publishTopic<Contract extends ServiceContract, Topic extends TopicName<Contract>>(
    service: Contract,
    topic: Topic,
    value: PublishedValue<Contract, Topic>,
  ): Promise<void>;
  publishTopic(topic: string, value?: unknown): Promise<void>;
}

/** What an own topic of a contract is made with; one that is left out has the defaults, unless it was created before. */
export type TopicsOfContract<Contract extends ServiceContract> = {
  readonly [Topic in TopicName<Contract>]?: TopicOptions;
};

/** What a service offers by (CV-2, SV-4). All of it throws `NOT_A_SERVICE` without the option `isService`. */
export interface ServiceProvider extends ServicePublisher {
  /**
   * Answers an API, or all that a contract declares: by a handler for each API, and options for topics that need some.
   * Returns a way to take it back.
   * @throws P2PError `API_EXISTS`, `TOPIC_EXISTS`, `INVALID_ARGUMENT`, `NOT_A_SERVICE`
   */
  provideService<Contract extends ServiceContract>(
    contract: Contract,
    handlers: ServiceHandlers<Contract> & TopicsOfContract<Contract>,
  ): () => void;
  provideService(api: string, handler: ApiHandler): () => void;
  /** Takes back an API, where a handler is given only that of this handler; without arguments, all of them. Calls under way go on. */
  destroyService(api?: string, handler?: ApiHandler): void;
  /** Takes back all APIs and all topics. */
  destroyAllServices(): void;
  /**
   * Makes a topic that clients can subscribe to. Returns a way to destroy it.
   * @throws P2PError `TOPIC_EXISTS`, `INVALID_ARGUMENT`, `NOT_A_SERVICE`
   */
  createTopic(topic: string, options?: TopicOptions): () => void;
  /** Ends a topic, and with `TOPIC_DESTROYED` all subscriptions to it (SV-5). */
  destroyTopic(topic: string): void;
}
