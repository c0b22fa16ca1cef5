import PQueue from 'p-queue';
import type { Problem } from '../contract.js';
import { retryAfter, type Validators, validatorsOf } from '../response-headers.js';
import { own } from './json-reader.js';
import { parseJson, readAll } from './read-bounded.js';
import { Slots } from './slots.js';
import { RestingError, SourceError } from './source-errors.js';

/** What a source answers: a value, that it is still the same, or that there is no such thing. */
export type SourceAnswer =
  | { readonly kind: 'value'; readonly value: unknown; readonly validators: Validators }
  | { readonly kind: 'same' }
  | { readonly kind: 'missing' };

export interface SourceOptions {
  /** Without a slash at its end. */
  readonly base: string;
  readonly authorization?: string | undefined;
  /** Of one request, in ms. */
  readonly timeout: number;
  readonly requestsPerSecond: number;
  /** How long nobody waits for a source that has not answered, in ms. */
  readonly rest: number;
}

/** How one thing is asked for. */
export interface Question {
  readonly validators?: Validators;
  /** Makes a value of what is sent; by default what it is as JSON. */
  parse?(bytes: Buffer, signal: AbortSignal): unknown;
  /** Nobody waits for it: what somebody waits for goes before. */
  readonly inBackground?: boolean;
  readonly signal?: AbortSignal;
}

/** Packuments of packages with thousands of versions have tens of megabytes. */
const MAX_JSON = 64 * 1_048_576;

/** Large answers that are read at a time: they take memory. */
const LARGE_AT_A_TIME = 2;

/** How servers say that there is no such thing. Anything else says nothing about the thing. */
const MISSING: readonly number[] = [404, 410];

/** Longest that a server's `Retry-After` is believed, in ms. */
const LONGEST_REST = 300_000;

/** So many things in a row have to be without an answer before the whole server is thought to give none. */
const UNANSWERED = 3;

/** Nobody is there. */
const REFUSALS: readonly unknown[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

/** An HTTP server that is asked no more often than it may be, and left alone when it says so or does not answer. */
export class Source {
  readonly base: string;
  readonly #options: SourceOptions;
  readonly #queue: PQueue;
  readonly #large = new Slots(LARGE_AT_A_TIME);
  readonly #closing = new AbortController();
  /** What was not answered since the last answer. */
  readonly #unanswered = new Set<string>();
  #resting: { readonly until: number; readonly problem: Problem } | undefined;

  constructor(options: SourceOptions) {
    this.base = options.base;
    this.#options = options;
    this.#queue = new PQueue({ intervalCap: options.requestsPerSecond, interval: 1_000, concurrency: 32 });
  }

  /** @param path what follows the base. @throws SourceError */
  json(path: string, question: Question = {}): Promise<SourceAnswer> {
    return this.#ask(path, question, async (response, signal) => {
      if (response.status === 304) return { kind: 'same' };
      if (MISSING.includes(response.status)) return { kind: 'missing' };
      let leave = () => {};
      const admitLarge = async () => {
        leave = await this.#large.take(signal);
      };
      try {
        const bytes = await readAll(bodyOf(response), MAX_JSON, admitLarge);
        const value = await (question.parse ?? parseJson)(bytes, signal);
        return { kind: 'value', value, validators: validatorsOf(response) };
      } finally {
        leave();
      }
    });
  }

  /** The body as it comes, however long that takes unless it pauses; nothing where there is no such thing. */
  async body(path: string, question: Question = {}): Promise<AsyncIterable<Uint8Array> | undefined> {
    const left = new AbortController();
    const signal = AbortSignal.any([left.signal, ...(question.signal ? [question.signal] : [])]);
    const response = await this.#ask(path, { ...question, signal }, async (answer) => answer, left);
    if (MISSING.includes(response.status)) {
      left.abort();
      return undefined;
    }
    return this.#unlessPaused(bodyOf(response), left);
  }

  /** Ends everything that is under way or waits. */
  close(): void {
    this.#closing.abort(new SourceError('unreachable', 'This worker is closed'));
  }

  /** @param headersOnly aborts the request where its head does not come in time; its body may take longer then */
  async #ask<T>(
    path: string,
    question: Question,
    read: (response: Response, signal: AbortSignal) => Promise<T>,
    headersOnly?: AbortController,
  ): Promise<T> {
    this.#throwIfResting();
    const progress = { hasBegun: false };
    const late = new AbortController();
    const timer = setTimeout(
      () => (headersOnly ?? late).abort(new DOMException('late', 'TimeoutError')),
      this.#options.timeout,
    );
    const signals = [late.signal, this.#closing.signal, headersOnly?.signal, question.signal];
    const signal = AbortSignal.any(signals.filter((one) => one !== undefined));
    try {
      return await this.#queue.add(
        async () => {
          this.#throwIfResting();
          progress.hasBegun = true;
          return read(await this.#fetch(path, signal, question.validators), signal);
        },
        { priority: question.inBackground ? 0 : 1, signal },
      );
    } catch (cause) {
      throw this.#failure(cause, { path, signal, hasBegun: progress.hasBegun });
    } finally {
      clearTimeout(timer);
    }
  }

  async #fetch(path: string, signal: AbortSignal, validators: Validators = {}): Promise<Response> {
    const { base, authorization } = this.#options;
    const headers = {
      accept: 'application/json, */*;q=0.5',
      // Without this, fetch adds `no-cache` to a conditional request, and servers then send everything.
      'cache-control': 'max-age=0',
      ...(authorization && { authorization }),
      ...(validators.etag && { 'if-none-match': validators.etag }),
      ...(validators.lastModified && { 'if-modified-since': validators.lastModified }),
    };
    // A redirect to another origin is followed without `authorization`: fetch leaves it out.
    const response = await fetch(`${base}${path}`, { headers, signal });
    const { status } = response;
    this.#unanswered.clear();
    if (response.ok) return response;
    // Nobody reads why not, and who is not read keeps the connection.
    await response.body?.cancel();
    if (status === 304 || MISSING.includes(status)) return response;
    const problem = status === 429 ? 'rate-limited' : 'failing';
    const wait = retryAfter(response) ?? (status === 429 ? this.#options.rest : 0);
    if (status === 429 || status === 503) this.#rest(problem, wait);
    throw new SourceError(problem, `${base} answers ${status}`);
  }

  #failure(
    cause: unknown,
    { path, signal, hasBegun }: { path: string; signal: AbortSignal; hasBegun: boolean },
  ): unknown {
    if (cause instanceof SourceError) return cause;
    const reason: unknown = signal.aborted ? signal.reason : cause;
    if (signal.aborted && !(reason instanceof DOMException && reason.name === 'TimeoutError')) return reason;
    // Its turn has not come: that is our own limit.
    if (!hasBegun) return new SourceError('rate-limited', `${this.base} is asked too much`);
    const problem = signal.aborted ? 'slow' : 'unreachable';
    if (this.#unanswered.size < UNANSWERED) this.#unanswered.add(path);
    const isRefused = REFUSALS.includes(own(own(cause, 'cause'), 'code'));
    if (isRefused || this.#unanswered.size >= UNANSWERED) this.#rest(problem, this.#options.rest);
    return new SourceError(problem, `${this.base} is ${problem}`, { cause });
  }

  async *#unlessPaused(body: AsyncIterable<Uint8Array>, left: AbortController): AsyncGenerator<Uint8Array> {
    const late = () => left.abort(new SourceError('slow', `${this.base} has stopped in the middle of an answer`));
    const wait = () => setTimeout(late, this.#options.timeout);
    let timer = wait();
    try {
      for await (const piece of body) {
        // How long the reader takes is its own affair.
        clearTimeout(timer);
        yield piece;
        timer = wait();
      }
    } catch (cause) {
      throw cause instanceof SourceError
        ? cause
        : new SourceError('unreachable', 'The answer has broken off', { cause });
    } finally {
      clearTimeout(timer);
      left.abort();
    }
  }

  #rest(problem: Problem, time: number): void {
    if (time > 0) this.#resting = { until: Date.now() + Math.min(time, LONGEST_REST), problem };
  }

  #throwIfResting(): void {
    if (this.#resting === undefined || Date.now() >= this.#resting.until) return;
    throw new RestingError(this.#resting.problem, `${this.base} is left alone for a while`);
  }
}

async function* bodyOf(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body) yield* response.body as unknown as AsyncIterable<Uint8Array>;
}
