import type {
  ApiName,
  CallArguments,
  CallResult,
  ReceivedValue,
  ServiceContract,
  TopicName,
} from '../protocol/typed-services.js';
import type { ServiceDescription } from './service-description.js';
import type { Subscription } from './subscription.js';

// biome-ignore lint/suspicious/noExplicitAny: only `any` lets an ack name its own parameters
type Ack = (...results: any[]) => unknown;

/** What any client, and the server, can ask of services (CV-3): by their id, or by their contract, with its types. */
export interface ServiceConsumer {
  /**
   * Calls an API and waits for its answer. An async iterable as the last argument goes item by item; where the handler
   * yields, the promise resolves to an async iterable, and leaving that stops the handler. The deadline is for the
   * answer: for a handler that yields, for its start. `PROTOCOL.md` § Services.
   *
   * Rejects with `CLIENT_NOT_FOUND` (no such service), `API_NOT_FOUND`, `INPUT_INVALID`, `OUTPUT_INVALID`,
   * `HANDLER_FAILED`, the `P2PError` of the handler, `PEER_GONE`, `LINK_DOWN`, `TIMEOUT`, `ABORTED`, `QUEUE_FULL`,
   * `PAYLOAD_TOO_LARGE` or `INVALID_ARGUMENT`.
   */
  callService<Contract extends ServiceContract, Api extends ApiName<Contract>>(
    service: Contract,
    api: Api,
    ...args: CallArguments<Contract, Api>
  ): Promise<CallResult<Contract, Api>>;
  // biome-ignore lint/suspicious/noExplicitAny: nothing is known of what an untyped API answers
  callService<Result = any>(service: string, api: string, ...args: unknown[]): Promise<Result>;
  /**
   * The same with an ack as last argument, or none. What goes wrong later is told to `SERVER_ERROR` listeners; through
   * `with(…)` the ack takes the error first.
   * @throws P2PError `INVALID_ARGUMENT`
   */
  emitService<Contract extends ServiceContract, Api extends ApiName<Contract>>(
    service: Contract,
    api: Api,
    ...args: [...CallArguments<Contract, Api>, ack?: Ack]
  ): void;
  emitService(service: string, api: string, ...args: [...args: unknown[], ack: Ack]): void;
  emitService(service: string, api: string, ...args: unknown[]): void;
  /**
   * Subscribes to a topic: each publication goes to the callback; without one, iterate the subscription. It fails, and
   * ends, with `CLIENT_NOT_FOUND`, `TOPIC_NOT_FOUND`, `SUBSCRIPTION_REFUSED`, `TOPIC_DESTROYED`, `SUBSCRIBER_TOO_SLOW`,
   * `PEER_GONE`, `LINK_DOWN`, `TIMEOUT` and `ABORTED`; nobody looking, `SERVER_ERROR` listeners are told. The signal of
   * `with(…)` ends it too.
   * @throws P2PError `INVALID_ARGUMENT`
   */
  subscribeTopic<Contract extends ServiceContract, Topic extends TopicName<Contract>>(
    service: Contract,
    topic: Topic,
    callback?: (value: ReceivedValue<Contract, Topic>) => unknown,
  ): Subscription<ReceivedValue<Contract, Topic>>;
  // biome-ignore lint/suspicious/noExplicitAny: nothing is known of what is published on an untyped topic
  subscribeTopic<Value = any>(
    service: string,
    topic: string,
    callback?: (value: Value) => unknown,
  ): Subscription<Value>;
  /** Ends all subscriptions of this client to a topic. */
  unsubscribeTopic(service: string | ServiceContract, topic: string): void;
  /** What a service offers, and how it does. Rejects as `callService` does. */
  describeService(service: string | ServiceContract): Promise<ServiceDescription>;
  /** The ids of all services: of clients, and of the server. */
  getServiceList(): Promise<string[]>;
}
