import { isThenable } from '../async/call-guarded.js';
import type { Clock } from '../async/clock.js';
import { isRow, iteration } from '../async/iterables.js';
import { isP2PError, P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { CallBody } from '../protocol/packet.js';
import { Payload } from '../protocol/payload.js';
import { inputInvalid, serviceErrors, validateValue } from '../protocol/service-contract.js';
import { ItemStream } from '../stream/item-stream.js';
import { leaveItems, type SentItems, sendItems } from '../stream/send-items.js';
import { CallContext } from './call-context.js';
import type { OfferedApi } from './offered-api.js';
import type { CallRequest } from './peer-handler.js';

export interface HostedCallOptions {
  readonly service: string;
  readonly api: OfferedApi;
  readonly request: CallRequest;
  readonly clock: Clock;
  /** Failures that the caller is not told, or not in full. */
  readonly failed: (error: P2PError) => void;
}

/** One call that a service answers, from its arguments to its answer. */
export class HostedCall {
  readonly #options: HostedCallOptions;
  readonly #context: CallContext;
  readonly #startedAt: number;
  /** The stream of a call with items, one way or the other. */
  #stream: ItemStream | undefined;
  #openStream: (stream: ItemStream) => void = () => {};
  #sending: SentItems | undefined;
  #answered = false;
  #concluded = false;
  /** The caller, or the way to it, has ended it. */
  #isClosed = false;

  constructor(options: HostedCallOptions) {
    const { service, api, request, clock } = options;
    this.#options = options;
    const error = api.contract && serviceErrors(api.name, api.contract);
    this.#context = new CallContext({ service, request, clock, error });
    this.#startedAt = clock.now();
    api.statistics.calls++;
    api.statistics.active++;
    request.whenClosed((reason) => this.#closed(reason));
  }

  run(): void {
    this.#guarded(() => {
      const args = this.#readArguments();
      if (isThenable(args)) return args.then((read) => this.#handle(read as readonly unknown[]));
      return this.#handle(args);
    });
  }

  /** As the contract parses them. @throws P2PError `PAYLOAD_INVALID`, `INPUT_INVALID` */
  #readArguments(): readonly unknown[] | PromiseLike<readonly unknown[]> {
    const { api, request } = this.#options;
    const { args } = request.payload;
    if (!api.contract) return args;
    const { input, consumes } = api.contract.schemas;
    if ((request.input === 'items') !== (consumes !== undefined)) {
      throw inputInvalid(api.name)([{ message: consumes ? 'Items are missing' : 'It takes no items' }]);
    }
    if (!input) return [];
    const value = validateValue(input, args[0], inputInvalid(api.name));
    return isThenable(value) ? value.then((parsed) => [parsed]) : [value];
  }

  #handle(args: readonly unknown[]): unknown {
    const { api, request } = this.#options;
    const { handler, contract } = api;
    const given = request.input === 'items' ? [...args, this.#items()] : args;
    const takesAck = !contract && handler.length > given.length;
    const last = contract ? [this.#context] : takesAck ? this.#ackAfter(given) : [];
    const result = handler.call(this.#context, ...given, ...last);
    if (isRow(result)) return this.#yieldFrom(result);
    if (request.input === 'items') this.#open('value');
    // Those of other libraries may give nothing back, settle twice, or need both callbacks.
    if (isThenable(result)) return Promise.resolve(result).then((value) => this.#returned(value));
    return result === undefined && takesAck ? undefined : this.#returned(result);
  }

  /** It stands where the handler names its last argument, whatever the caller left out before it. */
  #ackAfter(given: readonly unknown[]): readonly unknown[] {
    const leftOut = new Array(this.#options.api.handler.length - given.length - 1);
    return [...leftOut, (...results: unknown[]) => this.#reply(results)];
  }

  #returned(value: unknown): void | Promise<void> {
    if (isRow(value)) {
      if (this.#stream) throw new TypeError('Who takes items yields at once: a promise of items comes too late');
      return this.#yieldFrom(value);
    }
    if (this.#answered && value === undefined) return;
    this.#reply(value === undefined ? [] : [value]);
  }

  #reply(results: readonly unknown[]): void {
    const { api, request, failed } = this.#options;
    if (this.#answered) {
      const details = { api: api.name };
      return failed(new P2PError('ALREADY_ANSWERED', `"${api.name}" has answered this call before`, { details }));
    }
    this.#answered = true;
    if (this.#stream) return void this.#yield([results[0]]);
    let payload: Payload;
    try {
      payload = Payload.encode(results);
    } catch (error) {
      failed(toP2PError(error));
      return this.#fail(error);
    }
    request.reply(payload);
    this.#conclude();
  }

  #yieldFrom(row: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
    const { reason } = this.#context;
    if (reason) {
      leaveItems(row);
      throw reason;
    }
    this.#open('items');
    return this.#yield(row);
  }

  /** The answer goes out as items: those of an iteration, or the one result. */
  async #yield(items: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
    const stream = this.#stream as ItemStream;
    this.#answered = true;
    this.#sending = sendItems(stream, items);
    try {
      if (!(await this.#sending.sent)) return;
      stream.finish();
      this.#conclude();
    } catch (error) {
      this.#fail(error);
    }
  }

  #open(output: CallBody): void {
    const { request } = this.#options;
    if (output === 'items') this.#context.begun();
    const end = request.stream(output);
    this.#stream = new ItemStream(end, { over: (error) => error && this.#closed(error) });
    this.#openStream(this.#stream);
  }

  /** What the caller sends beside the arguments. The handler may ask for it before there is a stream. */
  #items(): AsyncIterableIterator<unknown> {
    const { api } = this.#options;
    const schema = api.contract?.schemas.consumes;
    const opened = new Promise<ItemStream>((resolve) => {
      this.#openStream = resolve;
    });
    const next = async () => {
      const item = await (await opened).next();
      if (item.done || !schema) return item;
      return { done: false, value: await validateValue(schema, item.value, inputInvalid(api.name)) } as const;
    };
    return iteration({ next, leave: () => {} });
  }

  /** Nobody waits any more. */
  #closed(reason: P2PError): void {
    this.#isClosed = true;
    this.#context.abort(reason);
    this.#sending?.stop();
    // To leave items is no failure.
    this.#conclude(!this.#sending || reason.code !== 'ABORTED');
  }

  /** Whatever the handler throws, or rejects with, is the answer: or is told here, if it has given one before. */
  #guarded(work: () => unknown): void {
    const { failed } = this.#options;
    const caught = (error: unknown) => {
      if (!this.#answered) this.#fail(error);
      else if (!this.#isClosed) failed(this.#failureOf(error));
    };
    try {
      const result = work();
      if (isThenable(result)) result.then(undefined, caught);
    } catch (error) {
      caught(error);
    }
  }

  #failureOf(cause: unknown): P2PError {
    // Most likely its signal was what made it fail.
    if (this.#context.reason) return this.#context.reason;
    if (isP2PError(cause)) return cause;
    const { name } = this.#options.api;
    return new P2PError('HANDLER_FAILED', `The handler of "${name}" failed`, { details: { api: name }, cause });
  }

  #fail(error: unknown): void {
    const { request, failed } = this.#options;
    // What the caller ended fails here too, with what it said.
    if (this.#isClosed) return;
    const failure = this.#failureOf(error);
    this.#answered = true;
    this.#context.abort(failure);
    // What was yielded before comes before it.
    if (this.#stream && this.#sending) this.#stream.fail(failure);
    else if (this.#stream) this.#stream.reset(failure);
    else request.reject(failure);
    if (failure.code === 'HANDLER_FAILED') failed(failure);
    this.#conclude(true);
  }

  #conclude(hasFailed = false): void {
    if (this.#concluded) return;
    this.#concluded = true;
    this.#context.over();
    const { statistics } = this.#options.api;
    statistics.active--;
    statistics.time += this.#options.clock.now() - this.#startedAt;
    if (hasFailed) statistics.errors++;
  }
}
