import type { Clock, Timer } from '../async/clock.js';
import type { P2PError } from '../protocol/p2p-error.js';
import type { ContractCall, ServiceCall } from '../protocol/typed-services.js';
import type { CallRequest } from './peer-handler.js';
import { noAnswerWithin } from './pending-operations.js';

export interface CallContextOptions {
  readonly service: string;
  readonly request: CallRequest;
  readonly clock: Clock;
  /** Makes the errors that a contract declares. */
  readonly error: ContractCall['error'] | undefined;
}

/** What a handler can learn of the call. The signal is made only where somebody asks for it. */
export class CallContext implements ServiceCall {
  readonly caller: string;
  readonly service: string;
  readonly api: string;
  readonly timeout: number;
  readonly error: ContractCall['error'] | undefined;
  readonly #clock: Clock;
  readonly #due: number;
  #controller: AbortController | undefined;
  #timer: Timer;
  #reason: P2PError | undefined;
  #hasBegun = false;
  #isOver = false;

  constructor({ service, request, clock, error }: CallContextOptions) {
    this.caller = request.peer;
    this.service = service;
    this.api = request.api;
    this.timeout = request.timeout;
    this.error = error;
    this.#clock = clock;
    this.#due = clock.now() + request.timeout;
  }

  get signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal;
    this.#controller = new AbortController();
    if (this.#reason) this.#controller.abort(this.#reason);
    else if (!this.#hasBegun) this.#startTimer();
    return this.#controller.signal;
  }

  /** Why nobody waits any more, if that is so. */
  get reason(): P2PError | undefined {
    return this.#reason;
  }

  /** Nobody waits any more. */
  abort(reason: P2PError): void {
    if (this.#isOver) return;
    this.#reason = reason;
    this.over();
    this.#controller?.abort(reason);
  }

  /** The answer has begun: no deadline any more. */
  begun(): void {
    this.#hasBegun = true;
    this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  /** There is nothing left to abort. */
  over(): void {
    this.#isOver = true;
    this.begun();
  }

  #startTimer(): void {
    const left = Math.max(0, this.#due - this.#clock.now());
    const { timeout } = this;
    const late = () => this.abort(noAnswerWithin(timeout));
    this.#timer = this.#clock.setTimer(late, left);
  }
}
