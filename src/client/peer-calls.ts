import {
  type CallOptions,
  checkCallOptions,
  checkListener,
  checkNoFunction,
  splitAck,
} from '../peer/call-arguments.js';
import type { PeerEngine } from '../peer/peer-engine.js';
import type { Deadline } from '../peer/pending-operations.js';
import { type Callback, type CallbackStyle, settleCallback } from '../peer/settle-callback.js';
import { checkEvent, checkPeer, checkRoom } from '../protocol/check-names.js';
import { Payload } from '../protocol/payload.js';

interface PeerCallsOptions extends CallbackStyle {
  readonly deadline: Deadline;
}

/** The calls of a client, with one set of options: those of the socket itself or of a `with(…)` view. */
export class PeerCalls {
  readonly #engine: PeerEngine;
  readonly #options: PeerCallsOptions;

  constructor(engine: PeerEngine, options: PeerCallsOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  with(options: CallOptions): PeerCalls {
    checkCallOptions(options);
    const { deadline, failed } = this.#options;
    const { timeout = deadline.timeout, signal = deadline.signal } = options;
    return new PeerCalls(this.#engine, { failed, errorFirst: true, deadline: { timeout, signal } });
  }

  emitTo(clientId: string, event: string, ...rest: unknown[]): void {
    checkPeer(clientId);
    checkEvent(event);
    const { args, ack } = splitAck<Callback>(rest);
    const payload = Payload.encode(args);
    const { deadline } = this.#options;
    if (!ack) return this.#engine.message(clientId, event, payload, deadline);
    const answer = this.#engine.request(clientId, event, payload, deadline).then((reply) => reply.args);
    settleCallback(answer, ack, this.#options);
  }

  async emitToWithAck(clientId: string, event: string, ...args: unknown[]): Promise<unknown> {
    checkPeer(clientId);
    checkEvent(event);
    checkNoFunction(args);
    const reply = await this.#engine.request(clientId, event, Payload.encode(args), this.#options.deadline);
    return reply.args[0];
  }

  emitRoom(room: string, event: string, ...args: unknown[]): void {
    checkRoom(room);
    checkEvent(event);
    checkNoFunction(args);
    this.#engine.roomMessage(room, event, Payload.encode(args), this.#options.deadline);
  }

  addP2pTarget(clientId: string, callback?: Callback): Promise<void> | void {
    return this.#settle(() => {
      checkPeer(clientId);
      return this.#engine.pair(clientId, this.#options.deadline);
    }, callback);
  }

  joinRoom(room: string, callback?: Callback): Promise<void> | void {
    return this.#settle(() => {
      checkRoom(room);
      return this.#engine.join(room, this.#options.deadline);
    }, callback);
  }

  leaveRoom(room: string, callback?: Callback): Promise<void> | void {
    return this.#settle(() => {
      checkRoom(room);
      return this.#engine.leave(room, this.#options.deadline);
    }, callback);
  }

  getClientList(callback?: Callback): Promise<string[]> | void {
    return this.#settle(() => this.#engine.clientList(this.#options.deadline), callback);
  }

  isClientConnected(clientId: string, callback?: Callback): Promise<boolean> | void {
    return this.#settle(() => {
      checkPeer(clientId);
      return this.#engine.isConnected(clientId, this.#options.deadline);
    }, callback);
  }

  /** With a callback, what is wrong with the arguments is thrown; without, everything is in the promise. */
  #settle<T>(operation: () => Promise<T>, callback: Callback | undefined): Promise<T> | void {
    if (callback === undefined) return (async () => operation())();
    checkListener(callback);
    const outcome = operation().then((value) => (value === undefined ? [] : [value]));
    settleCallback(outcome, callback, this.#options);
  }
}
