import { callGuarded } from '../async/call-guarded.js';
import { isP2PError, P2PError, toP2PError } from '../protocol/p2p-error.js';
import { Payload } from '../protocol/payload.js';
import { EventListeners, type Listener } from './event-listeners.js';
import type { Answer, IncomingMessage } from './peer-handler.js';

export interface MessageListenersOptions {
  /** The first listener for this peer has come. */
  readonly watch: (peer: string) => void;
  /** The last listener for this peer has gone. */
  readonly unwatch: (peer: string) => void;
  readonly failed: (error: P2PError) => void;
}

/** A relayed message with everything that is known of it. */
export interface ReceivedMessage {
  /** Client id of the sender, stamped by the server. */
  readonly from: string;
  readonly event: string;
  readonly args: readonly unknown[];
  /** Answers the sender, once; missing when it wants no answer. */
  readonly ack?: (...results: unknown[]) => void;
}

/** Who hears relayed messages: listeners for any peer (CM-3) and for one (CM-4). */
export class MessageListeners {
  readonly any = new EventListeners();
  /** Those that hear every message, whatever its event. */
  readonly observers = new Set<(message: ReceivedMessage) => unknown>();
  readonly #from = new Map<string, EventListeners>();
  /** Those of services, which may come and go (CV-3). */
  readonly #ofServices = new Map<string, EventListeners>();
  readonly #options: MessageListenersOptions;

  constructor(options: MessageListenersOptions) {
    this.#options = options;
  }

  addFrom(peer: string, event: string, listener: Listener, once: boolean): void {
    let listeners = this.#from.get(peer);
    if (!listeners) {
      listeners = new EventListeners();
      this.#from.set(peer, listeners);
      this.#options.watch(peer);
    }
    listeners.add(event, listener, once);
  }

  removeFrom(peer: string, event?: string, listener?: Listener): void {
    this.#from.get(peer)?.remove(event, listener);
    this.#forgetIfEmpty(peer);
  }

  /** CV-3: the service's events, also when it has gone and come again. */
  addOfService(service: string, event: string, listener: Listener): void {
    const listeners = this.#ofServices.get(service) ?? new EventListeners();
    this.#ofServices.set(service, listeners);
    listeners.add(event, listener);
  }

  removeOfService(service: string, event?: string, listener?: Listener): void {
    const listeners = this.#ofServices.get(service);
    listeners?.remove(event, listener);
    if (listeners?.isEmpty) this.#ofServices.delete(service);
  }

  /** CM-5: the peer is gone, and with it what was bound to it. */
  dropPeer(peer: string): void {
    this.#from.delete(peer);
  }

  deliver(message: IncomingMessage): void {
    const { peer, event, answer } = message;
    const fromListeners = this.#takeFrom(peer, event);
    const anyListeners = this.any.take(event);
    const observers = [...this.observers];
    this.#forgetIfEmpty(peer);
    if (fromListeners.length + anyListeners.length + observers.length === 0)
      return void answer?.reject(noListener(event));
    const args = this.#read(message);
    if (!args) return;
    const ack = answer && ackOf(answer);
    const tail = ack ? [...args, ack] : args;
    for (const observer of observers) {
      this.#call(observer, [{ from: peer, event, args, ...(ack && { ack }) }], message);
    }
    for (const listener of fromListeners) this.#call(listener, tail, message);
    for (const listener of anyListeners) this.#call(listener, [peer, ...tail], message);
  }

  #takeFrom(peer: string, event: string): readonly Listener[] {
    const fromListeners = this.#from.get(peer)?.take(event) ?? [];
    const ofService = this.#ofServices.get(peer)?.take(event) ?? [];
    return ofService.length > 0 ? [...fromListeners, ...ofService] : fromListeners;
  }

  #read(message: IncomingMessage): readonly unknown[] | undefined {
    try {
      return message.payload.args;
    } catch (error) {
      this.#handlerFailed(error, message);
      return undefined;
    }
  }

  #call(listener: Listener, args: readonly unknown[], message: IncomingMessage): void {
    callGuarded(listener as (...args: readonly unknown[]) => unknown, args, (error) =>
      this.#handlerFailed(error, message),
    );
  }

  #handlerFailed(error: unknown, { peer, event, answer }: IncomingMessage): void {
    const details = { event, clientId: peer };
    const failure = isP2PError(error)
      ? error
      : new P2PError('HANDLER_FAILED', `A listener for "${event}" failed`, { details, cause: error });
    answer?.reject(failure);
    this.#options.failed(failure);
  }

  #forgetIfEmpty(peer: string): void {
    if (this.#from.get(peer)?.isEmpty && this.#from.delete(peer)) this.#options.unwatch(peer);
  }
}

/** The ack that a listener gets as its last argument. */
function ackOf(answer: Answer): (...results: unknown[]) => void {
  return (...results) => {
    try {
      answer.reply(Payload.encode(results));
    } catch (error) {
      // The listener may be over by now, so that nobody else would tell the one who waits.
      answer.reject(toP2PError(error));
      throw error;
    }
  };
}

function noListener(event: string): P2PError {
  return new P2PError('NO_LISTENER', `Nobody listens to "${event}" there`, { details: { event } });
}
