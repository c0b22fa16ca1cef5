import { isThenable } from '../async/call-guarded.js';
import { isAsyncIterable, isIterable } from '../async/iterables.js';
import { checkApi, checkPeer, checkTopic, invalidArgument } from '../protocol/check-names.js';
import { DESCRIBE_API } from '../protocol/identifiers.js';
import { P2PError } from '../protocol/p2p-error.js';
import { Payload } from '../protocol/payload.js';
import { isServiceContract, outputInvalid, rpcOf, topicOf, validateValue } from '../protocol/service-contract.js';
import type { RpcContract, ServiceContract } from '../protocol/typed-services.js';
import { leaveItems } from '../stream/send-items.js';
import { checkListener, checkNoFunction, splitAck } from './call-arguments.js';
import type { CallSettings } from './call-settings.js';
import type { PeerEngine } from './peer-engine.js';
import type { CallAnswer } from './pending-operations.js';
import { readServiceDescription, type ServiceDescription } from './service-description.js';
import { type Callback, settleCallback } from './settle-callback.js';
import { StreamedCall } from './streamed-call.js';
import { Subscription } from './subscription.js';

type Items = AsyncIterable<unknown> | Iterable<unknown>;

/** A call that has been checked. */
interface CheckedCall {
  readonly service: string;
  readonly api: string;
  readonly contract: RpcContract | undefined;
  readonly payload: Payload;
  readonly items: Items | undefined;
}

export const SERVICE_CALLS = [
  'callService',
  'emitService',
  'subscribeTopic',
  'unsubscribeTopic',
  'describeService',
  'getServiceList',
] as const satisfies readonly (keyof ServiceCalls)[];

/** What any client, and the server, asks of services (CV-3), with one set of options. */
export class ServiceCalls {
  readonly #engine: PeerEngine;
  readonly #settings: CallSettings;

  constructor(engine: PeerEngine, settings: CallSettings) {
    this.#engine = engine;
    this.#settings = settings;
  }

  /** CV-3: the result; of a handler that yields, its items. */
  callService(service: string | ServiceContract, api: string, ...args: unknown[]): Promise<unknown> {
    try {
      return this.#call(checkCall(service, api, args), ([first]) => first);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** CV-3: the ack gets what the handler acknowledges with; of a handler that yields, its items. */
  emitService(service: string | ServiceContract, api: string, ...rest: unknown[]): void {
    const { args, ack } = splitAck<Callback>(rest);
    const outcome = this.#call(checkCall(service, api, args), (results) => results);
    const ignore = ([first]: readonly unknown[]) => {
      // Items that nobody will take.
      if (isAsyncIterable(first)) void first[Symbol.asyncIterator]().return?.();
    };
    if (ack) settleCallback(outcome, ack, this.#settings);
    else outcome.then(ignore, this.#settings.failed);
  }

  /** CV-3 */
  subscribeTopic(service: string | ServiceContract, topic: string, callback?: Callback): Subscription {
    const name = nameOf(service);
    checkTopic(topic);
    if (callback !== undefined) checkListener(callback);
    const { failed, deadline } = this.#settings;
    const engine = this.#engine;
    const read = readerOf(service, topic);
    return new Subscription({ engine, service: name, topic, deadline, read, callback, failed });
  }

  /** CV-3: ends all subscriptions of this client to the topic. */
  unsubscribeTopic(service: string | ServiceContract, topic: string): void {
    checkTopic(topic);
    this.#engine.services.unsubscribe(nameOf(service), topic);
  }

  /** What a service offers. */
  async describeService(service: string | ServiceContract): Promise<ServiceDescription> {
    return readServiceDescription(await this.callService(nameOf(service), DESCRIBE_API));
  }

  /** The ids of all services. */
  async getServiceList(): Promise<string[]> {
    return this.#engine.services.list(this.#settings.deadline);
  }

  /** No more promises than it takes: of a lost service there may be many to reject. */
  #call<T>(call: CheckedCall, pick: (results: readonly unknown[]) => T): Promise<T> {
    const { service, api, payload, items } = call;
    const startedAt = this.#engine.clock.now();
    const plan = { api, input: items ? 'items' : 'value', payload } as const;
    const answered = this.#engine.services.call(service, plan, this.#settings.deadline);
    // What fails, or is answered without looking at them, leaves them to nobody.
    if (items)
      answered.then(
        (answer) => 'end' in answer || leaveItems(items),
        () => leaveItems(items),
      );
    return answered.then((answer) => {
      const results = this.#read(call, answer, startedAt);
      return isThenable(results) ? results.then(pick) : pick(results);
    });
  }

  #read(
    { api, contract, items }: CheckedCall,
    answer: CallAnswer,
    startedAt: number,
  ): readonly unknown[] | PromiseLike<readonly unknown[]> {
    checkKind(api, contract, answer);
    const read = valueReader(api, contract);
    if (!('end' in answer)) {
      const { args } = answer;
      return contract ? Promise.resolve(read(args[0])).then((value) => [value]) : args;
    }
    const { clock } = this.#engine;
    const streamed = new StreamedCall({
      call: answer,
      items,
      deadline: this.#settings.deadline,
      startedAt,
      clock,
      read,
    });
    return answer.output === 'items' ? [streamed.items()] : streamed.result().then((value) => [value]);
  }
}

/** One value where the contract has one, items where it has those. @throws P2PError `OUTPUT_INVALID` */
function checkKind(api: string, contract: RpcContract | undefined, answer: CallAnswer): void {
  const isRow = 'end' in answer && answer.output === 'items';
  const { output, yields } = contract?.schemas ?? {};
  if (!(isRow ? output : yields)) return;
  const error = outputInvalid(api)([{ message: isRow ? 'Items came for one value' : 'One value came for items' }]);
  if ('end' in answer) answer.end.reset(error);
  throw error;
}

/** Checks what can be known before it is sent. @throws P2PError `API_NOT_FOUND`, `INVALID_ARGUMENT` */
function checkCall(service: string | ServiceContract, api: string, given: readonly unknown[]): CheckedCall {
  const name = nameOf(service);
  checkApi(api);
  checkNoFunction(given);
  const contract = isServiceContract(service) ? contractOf(service, api) : undefined;
  const items = itemsIn(given, api, contract);
  const args = items ? given.slice(0, -1) : given;
  // JSON knows no undefined: an input that is left out stays so.
  const isLeftOut = contract !== undefined && args[0] === undefined;
  return { service: name, api, contract, payload: Payload.encode(isLeftOut ? [] : args), items };
}

function contractOf(service: ServiceContract, api: string): RpcContract {
  const contract = rpcOf(service, api);
  if (contract) return contract;
  const details = { service: service.name, api };
  throw new P2PError('API_NOT_FOUND', `The contract has no API "${api}"`, { details });
}

/** Without a contract, an async iterable in last place is items. @throws P2PError `INVALID_ARGUMENT` */
function itemsIn(given: readonly unknown[], api: string, contract: RpcContract | undefined): Items | undefined {
  const last = given.at(-1);
  const isMeant = contract ? contract.schemas.consumes !== undefined : isAsyncIterable(last);
  if (!isMeant) {
    if (isAsyncIterable(last)) throw invalidArgument(`"${api}" takes no items`);
    return undefined;
  }
  if (isIterable(last)) return last;
  throw invalidArgument(`"${api}" takes items: an iterable as the last argument`);
}

function nameOf(service: unknown): string {
  const name = isServiceContract(service) ? service.name : service;
  checkPeer(name);
  return name;
}

/** What comes is checked before the caller gets it. */
function valueReader(api: string, contract: RpcContract | undefined): (value: unknown) => unknown {
  const schema = contract?.schemas.output ?? contract?.schemas.yields;
  return schema ? (value) => validateValue(schema, value, outputInvalid(api)) : (value) => value;
}

function readerOf(service: string | ServiceContract, topic: string): (payload: Payload) => unknown {
  const entry = isServiceContract(service) ? topicOf(service, topic) : undefined;
  if (isServiceContract(service) && !entry) {
    throw new P2PError('TOPIC_NOT_FOUND', `The contract has no topic "${topic}"`, { details: { topic } });
  }
  const schema = entry?.schema;
  if (!schema) return ({ args }) => args[0];
  return ({ args }) => validateValue(schema, args[0], outputInvalid(topic));
}
