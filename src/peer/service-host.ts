import { isThenable } from '../async/call-guarded.js';
import { checkOwnApi, checkTopic, invalidArgument } from '../protocol/check-names.js';
import { DESCRIBE_API } from '../protocol/identifiers.js';
import { P2PError } from '../protocol/p2p-error.js';
import type { PacketOf } from '../protocol/packet.js';
import { Payload } from '../protocol/payload.js';
import { isServiceContract, rpcOf } from '../protocol/service-contract.js';
import type { RpcContract, ServiceContract } from '../protocol/typed-services.js';
import { checkListener, checkNoFunction } from './call-arguments.js';
import { HostedCall } from './hosted-call.js';
import { HostedTopic, type TopicOptions } from './hosted-topic.js';
import type { ApiHandler, OfferedApi } from './offered-api.js';
import type { PeerEngine } from './peer-engine.js';
import type { CallRequest, SubscribeRequest } from './peer-handler.js';
import type { Deadline } from './pending-operations.js';
import type { ServiceDescription } from './service-description.js';

export interface ServiceHostOptions {
  /** The client id. */
  readonly service: string;
  readonly engine: () => PeerEngine;
  /** Whether this client is a service. */
  readonly isService: boolean;
  /** Failures that no caller waits for. */
  readonly failed: (error: P2PError) => void;
}

/** What one service offers (CV-2, SV-4): its APIs and its topics, which come and go at run time. */
export class ServiceHost {
  readonly #options: ServiceHostOptions;
  readonly #apis = new Map<string, OfferedApi>();
  readonly #topics = new Map<string, HostedTopic>();

  constructor(options: ServiceHostOptions) {
    this.#options = options;
  }

  hasApi(name: string): boolean {
    return name === DESCRIBE_API || this.#apis.has(name);
  }

  hasTopic(name: string): boolean {
    return this.#topics.has(name);
  }

  /** @throws P2PError `NOT_A_SERVICE`, `API_EXISTS`, `TOPIC_EXISTS`, `INVALID_ARGUMENT` */
  provide(what: string | ServiceContract, given: unknown): () => void {
    this.checkIsService();
    if (!isServiceContract(what)) return this.#provideApi(what, given as ApiHandler, undefined);
    this.checkOwn(what);
    const stop = handlersOf(what, given).map(
      ([name, handler, rpc]) =>
        () =>
          this.#provideApi(name, handler, rpc),
    );
    const undo: (() => void)[] = [];
    try {
      for (const provide of stop) undo.push(provide());
      for (const [name, { kind }] of Object.entries(what.entries)) {
        // With options of its own it may be there already.
        if (kind === 'topic' && !this.#topics.has(name)) undo.push(this.createTopic(name));
      }
    } catch (error) {
      for (const takeBack of undo) takeBack();
      throw error;
    }
    return () => {
      for (const takeBack of undo) takeBack();
    };
  }

  /** Takes back one API, if `handler` is given only where it is that, or all of them. */
  destroyService(name?: string, handler?: unknown): void {
    this.checkIsService();
    if (name === undefined) return this.#apis.clear();
    if (handler === undefined || this.#apis.get(name)?.handler === handler) this.#apis.delete(name);
  }

  /** Takes back all APIs and topics. */
  destroyAll(): void {
    this.checkIsService();
    this.#apis.clear();
    for (const name of [...this.#topics.keys()]) this.destroyTopic(name);
  }

  /** @throws P2PError `NOT_A_SERVICE`, `TOPIC_EXISTS`, `INVALID_ARGUMENT` */
  createTopic(name: string, options: TopicOptions = {}): () => void {
    this.checkIsService();
    checkTopic(name);
    if (this.#topics.has(name))
      throw new P2PError('TOPIC_EXISTS', `There is a topic "${name}" already`, topicDetails(name));
    const topic = new HostedTopic(name, options);
    this.#topics.set(name, topic);
    return () => {
      if (this.#topics.get(name) === topic) this.destroyTopic(name);
    };
  }

  /** SV-5: ends every subscription to it. */
  destroyTopic(name: string): void {
    this.checkIsService();
    if (!this.#topics.delete(name)) return;
    const error = new P2PError('TOPIC_DESTROYED', `The service has ended the topic "${name}"`, topicDetails(name));
    this.#options.engine().closeTopic(name, Payload.ofError(error));
  }

  /** @throws P2PError `NOT_A_SERVICE`, `TOPIC_NOT_FOUND`, `INVALID_ARGUMENT`, `PAYLOAD_TOO_LARGE` */
  publish(name: string, value: unknown, deadline: Deadline): Promise<void> {
    this.checkIsService();
    const topic = this.#topics.get(name);
    if (!topic) throw topicNotFound(name);
    checkNoFunction([value]);
    const payload = Payload.encode(value === undefined ? [] : [value]);
    const engine = this.#options.engine();
    engine.checkSize(payload);
    topic.keep(payload);
    if (topic.subscribers.size === 0) return Promise.resolve();
    if (topic.options.slow === 'wait') return engine.publishAndWait(name, payload, deadline);
    engine.publish(name, payload);
    return Promise.resolve();
  }

  callAsked(request: CallRequest): void {
    const { service, isService, failed, engine } = this.#options;
    if (request.api === DESCRIBE_API && isService) return void request.reply(Payload.encode([this.#describe()]));
    const api = this.#apis.get(request.api);
    if (!api) return void request.reject(this.#apiNotFound(request.api));
    new HostedCall({ service, api, request, failed, clock: engine().clock }).run();
  }

  /** CV-4: the service decides. */
  subscribeAsked(request: SubscribeRequest): void {
    const topic = this.#topics.get(request.topic);
    if (!topic) return void request.reject(topicNotFound(request.topic));
    const refuse = (error: unknown) => void request.reject(this.#refusalFor(error, request.topic));
    try {
      const { accept } = topic.options;
      const verdict = accept ? accept({ from: request.peer, topic: topic.name }) : true;
      const conclude = (decided: unknown) => this.#conclude(topic, request, decided);
      if (isThenable(verdict)) Promise.resolve(verdict).then(conclude).catch(refuse);
      else conclude(verdict);
    } catch (error) {
      refuse(error);
    }
  }

  unsubscribed({ epoch, id, topic }: PacketOf<'unsubscribed'>): void {
    this.#topics.get(topic)?.left(epoch, id);
  }

  sessionGone(epoch: number): void {
    for (const { subscribers } of this.#topics.values()) subscribers.delete(epoch);
  }

  linkUp(): void {
    if (this.#options.isService) this.#options.engine().offer();
  }

  linkDown(): void {
    for (const { subscribers } of this.#topics.values()) subscribers.clear();
  }

  #provideApi(name: string, handler: ApiHandler, contract: RpcContract | undefined): () => void {
    checkOwnApi(name);
    checkListener(handler);
    if (this.#apis.has(name)) {
      throw new P2PError('API_EXISTS', `There is an API "${name}" already`, { details: { api: name } });
    }
    const api = { name, handler, contract, statistics: { calls: 0, active: 0, errors: 0, time: 0 } };
    this.#apis.set(name, api);
    return () => {
      if (this.#apis.get(name) === api) this.#apis.delete(name);
    };
  }

  #conclude(topic: HostedTopic, request: SubscribeRequest, verdict: unknown): void {
    // Whatever is not a clear yes is a no: this may be what guards the topic.
    if (verdict !== true) {
      const reason = typeof verdict === 'string' && verdict ? verdict : 'The subscription was refused';
      throw new P2PError('SUBSCRIPTION_REFUSED', reason, topicDetails(topic.name));
    }
    if (this.#topics.get(topic.name) !== topic) throw topicNotFound(topic.name);
    topic.admit(request);
  }

  /** What the subscriber is told; what nobody meant to happen is told here too. */
  #refusalFor(cause: unknown, topic: string): P2PError {
    if (cause instanceof P2PError) return cause;
    const details = { topic };
    const failure = new P2PError('HANDLER_FAILED', `What decides on "${topic}" failed`, { details, cause });
    this.#options.failed(failure);
    return failure;
  }

  #describe(): ServiceDescription {
    const apis = Array.from(this.#apis.values(), ({ name, statistics: { calls, active, errors, time } }) => ({
      name,
      calls,
      active,
      errors,
      meanTime: calls === active ? 0 : time / (calls - active),
    }));
    const topics = Array.from(this.#topics.values(), ({ name, subscribers, publications, retained }) => ({
      name,
      subscribers: subscribers.size,
      publications,
      retained: retained.length,
    }));
    return { service: this.#options.service, apis, topics };
  }

  #apiNotFound(api: string): P2PError {
    const { service } = this.#options;
    return new P2PError('API_NOT_FOUND', `"${service}" has no API "${api}"`, { details: { service, api } });
  }

  /** @throws P2PError `INVALID_ARGUMENT` for the contract of another service */
  checkOwn({ name }: ServiceContract): void {
    if (name === this.#options.service) return;
    throw invalidArgument(`The contract is that of "${name}", and this is "${this.#options.service}"`);
  }

  /** @throws P2PError `NOT_A_SERVICE` */
  checkIsService(): void {
    if (this.#options.isService) return;
    throw new P2PError('NOT_A_SERVICE', `"${this.#options.service}" is no service: it needs { isService: true }`);
  }
}

/** @throws P2PError `INVALID_ARGUMENT` */
function handlersOf(contract: ServiceContract, given: unknown): [string, ApiHandler, RpcContract][] {
  if (typeof given !== 'object' || given === null) throw invalidArgument('Handlers are an object');
  const handlers = new Map(Object.entries(given));
  const apis = Object.keys(contract.entries).flatMap((name) => {
    const rpc = rpcOf(contract, name);
    return rpc ? [[name, handlers.get(name) as ApiHandler, rpc] satisfies [string, ApiHandler, RpcContract]] : [];
  });
  for (const [name, handler] of apis) {
    if (typeof handler !== 'function') throw invalidArgument(`The contract's API "${name}" has no handler`);
  }
  for (const name of handlers.keys()) {
    if (!rpcOf(contract, name)) throw invalidArgument(`The contract has no API "${name}"`);
  }
  return apis;
}

function topicDetails(topic: string): { readonly details: { readonly topic: string } } {
  return { details: { topic } };
}

function topicNotFound(topic: string): P2PError {
  return new P2PError('TOPIC_NOT_FOUND', `There is no topic "${topic}" there`, topicDetails(topic));
}
