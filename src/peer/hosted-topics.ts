import { isThenable } from '../async/call-guarded.js';
import { checkTopic } from '../protocol/check-names.js';
import { isP2PError, P2PError } from '../protocol/p2p-error.js';
import type { PacketOf } from '../protocol/packet.js';
import { Payload } from '../protocol/payload.js';
import { refusalIn } from './acceptance.js';
import { checkNoFunction } from './call-arguments.js';
import { HostedTopic, type TopicOptions } from './hosted-topic.js';
import type { PeerEngine } from './peer-engine.js';
import type { SubscribeRequest } from './peer-handler.js';
import type { Deadline } from './pending-operations.js';
import type { TopicDescription } from './service-description.js';

export interface HostedTopicsOptions {
  readonly engine: () => PeerEngine;
  /** Failures that no caller waits for. */
  readonly failed: (error: P2PError) => void;
}

/** The topics of one service (SV-4), which come and go at run time. */
export class HostedTopics {
  readonly #options: HostedTopicsOptions;
  readonly #topics = new Map<string, HostedTopic>();

  constructor(options: HostedTopicsOptions) {
    this.#options = options;
  }

  has(name: string): boolean {
    return this.#topics.has(name);
  }

  /** @throws P2PError `TOPIC_EXISTS`, `INVALID_ARGUMENT` */
  create(name: string, options: TopicOptions = {}): () => void {
    checkTopic(name);
    if (this.#topics.has(name)) {
      throw new P2PError('TOPIC_EXISTS', `There is a topic "${name}" already`, topicDetails(name));
    }
    const topic = new HostedTopic(name, options);
    this.#topics.set(name, topic);
    return () => {
      if (this.#topics.get(name) === topic) this.destroy(name);
    };
  }

  /** SV-5: ends every subscription to it. */
  destroy(name: string): void {
    if (!this.#topics.delete(name)) return;
    const error = new P2PError('TOPIC_DESTROYED', `The service has ended the topic "${name}"`, topicDetails(name));
    this.#options.engine().services.closeTopic(name, Payload.ofError(error));
  }

  destroyAll(): void {
    for (const name of [...this.#topics.keys()]) this.destroy(name);
  }

  /** @throws P2PError `TOPIC_NOT_FOUND`, `INVALID_ARGUMENT`, `PAYLOAD_TOO_LARGE` */
  publish(name: string, value: unknown, deadline: Deadline): Promise<void> {
    const topic = this.#topics.get(name);
    if (!topic) throw topicNotFound(name);
    checkNoFunction([value]);
    const payload = Payload.encode(value === undefined ? [] : [value]);
    const engine = this.#options.engine().services;
    engine.checkSize(payload);
    topic.keep(payload);
    const waits = topic.options.slow === 'wait';
    // Without a link there are no subscribers: who does not wait for any has kept it for those to come.
    if (topic.subscribers.size === 0 && (engine.isUp || !waits)) return Promise.resolve();
    if (waits) return engine.publishAndWait(name, payload, deadline);
    engine.publish(name, payload);
    return Promise.resolve();
  }

  /** CV-4: the service decides. */
  subscribeAsked(request: SubscribeRequest): void {
    const topic = this.#topics.get(request.topic);
    if (!topic) return request.reject(topicNotFound(request.topic));
    const refuse = (error: unknown) => request.reject(this.#refusalFor(error, request.topic));
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

  linkDown(): void {
    for (const { subscribers } of this.#topics.values()) subscribers.clear();
  }

  describe(): TopicDescription[] {
    return Array.from(this.#topics.values(), ({ name, subscribers, publications, retained }) => ({
      name,
      subscribers: subscribers.size,
      publications,
      retained: retained.length,
    }));
  }

  #conclude(topic: HostedTopic, request: SubscribeRequest, verdict: unknown): void {
    const refusal = refusalIn(verdict, 'The subscription was refused');
    if (refusal) throw new P2PError('SUBSCRIPTION_REFUSED', refusal, topicDetails(topic.name));
    if (this.#topics.get(topic.name) !== topic) throw topicNotFound(topic.name);
    topic.admit(request);
  }

  /** What the subscriber is told; what nobody meant to happen is told here too. */
  #refusalFor(cause: unknown, topic: string): P2PError {
    if (isP2PError(cause)) return cause;
    const failure = new P2PError('HANDLER_FAILED', `What decides on "${topic}" failed`, { details: { topic }, cause });
    this.#options.failed(failure);
    return failure;
  }
}

function topicDetails(topic: string): { readonly details: { readonly topic: string } } {
  return { details: { topic } };
}

function topicNotFound(topic: string): P2PError {
  return new P2PError('TOPIC_NOT_FOUND', `There is no topic "${topic}" there`, topicDetails(topic));
}
