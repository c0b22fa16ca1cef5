import { checkOwnApi, invalidArgument } from '../protocol/check-names.js';
import { DESCRIBE_API } from '../protocol/identifiers.js';
import { P2PError } from '../protocol/p2p-error.js';
import { Payload } from '../protocol/payload.js';
import { isServiceContract } from '../protocol/service-contract.js';
import type { RpcContract, ServiceContract } from '../protocol/typed-services.js';
import { checkListener } from './call-arguments.js';
import { HostedCall } from './hosted-call.js';
import type { TopicOptions } from './hosted-topic.js';
import { HostedTopics } from './hosted-topics.js';
import type { ApiHandler, OfferedApi } from './offered-api.js';
import type { PeerEngine } from './peer-engine.js';
import type { CallRequest } from './peer-handler.js';
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

/** What one service offers (CV-2, SV-4): its topics, and its APIs, which come and go at run time too. */
export class ServiceHost {
  readonly topics: HostedTopics;
  readonly #options: ServiceHostOptions;
  readonly #apis = new Map<string, OfferedApi>();

  constructor(options: ServiceHostOptions) {
    this.#options = options;
    this.topics = new HostedTopics(options);
  }

  hasApi(name: string): boolean {
    return name === DESCRIBE_API || this.#apis.has(name);
  }

  /** One API, or all that a contract declares. @throws P2PError `API_EXISTS`, `TOPIC_EXISTS`, `INVALID_ARGUMENT` */
  provide(what: string | ServiceContract, given: unknown): () => void {
    if (!isServiceContract(what)) return this.#provideApi(what, given as ApiHandler, undefined);
    this.checkOwn(what);
    const { handlers, topics } = partsOf(what, given);
    const undo: (() => void)[] = [];
    const takeBack = () => {
      for (const undoOne of undo) undoOne();
    };
    try {
      for (const [name, handler, rpc] of handlers) undo.push(this.#provideApi(name, handler, rpc));
      for (const [name, options] of topics) {
        // With options of its own it may be there already.
        if (options !== undefined || !this.topics.has(name)) undo.push(this.topics.create(name, options));
      }
    } catch (error) {
      takeBack();
      throw error;
    }
    return takeBack;
  }

  /** Takes back one API, if `handler` is given only where it is that, or all of them. */
  destroy(name?: string, handler?: unknown): void {
    if (name === undefined) return this.#apis.clear();
    if (handler === undefined || this.#apis.get(name)?.handler === handler) this.#apis.delete(name);
  }

  callAsked(request: CallRequest): void {
    const { service, isService, failed, engine } = this.#options;
    if (request.api === DESCRIBE_API && isService) return void request.reply(Payload.encode([this.#describe()]));
    const api = this.#apis.get(request.api);
    if (!api) return void request.reject(this.#apiNotFound(request.api));
    new HostedCall({ service, api, request, failed, clock: engine().clock }).run();
  }

  linkUp(): void {
    if (this.#options.isService) this.#options.engine().services.offer();
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

  #describe(): ServiceDescription {
    const apis = Array.from(this.#apis.values(), ({ name, statistics: { calls, active, errors, time } }) => ({
      name,
      calls,
      active,
      errors,
      meanTime: calls === active ? 0 : time / (calls - active),
    }));
    return { service: this.#options.service, apis, topics: this.topics.describe() };
  }

  #apiNotFound(api: string): P2PError {
    const { service, isService } = this.#options;
    const message = isService ? `"${service}" has no API "${api}"` : `"${service}" is no service`;
    return new P2PError('API_NOT_FOUND', message, { details: { service, api } });
  }
}

interface ContractParts {
  readonly handlers: [name: string, handler: ApiHandler, rpc: RpcContract][];
  readonly topics: [name: string, options: TopicOptions | undefined][];
}

/** @throws P2PError `INVALID_ARGUMENT` */
function partsOf({ entries }: ServiceContract, given: unknown): ContractParts {
  if (typeof given !== 'object' || given === null) throw invalidArgument('Handlers are an object');
  const parts = new Map(Object.entries(given));
  for (const name of parts.keys()) {
    if (!Object.hasOwn(entries, name)) throw invalidArgument(`The contract has no API and no topic "${name}"`);
  }
  const made: ContractParts = { handlers: [], topics: [] };
  for (const [name, entry] of Object.entries(entries)) {
    const part = parts.get(name);
    if (entry.kind === 'topic') made.topics.push([name, part]);
    else if (typeof part === 'function') made.handlers.push([name, part, entry]);
    else throw invalidArgument(`The contract's API "${name}" has no handler`);
  }
  return made;
}
