import { type CallOptions, checkListener, checkNoFunction } from '../peer/call-arguments.js';
import { type CallSettings, viewSettings } from '../peer/call-settings.js';
import type { PeerEngine } from '../peer/peer-engine.js';
import { publisherCalls } from '../peer/provider-calls.js';
import { sendMessage } from '../peer/send-message.js';
import { ServiceCalls } from '../peer/service-calls.js';
import type { ServiceHost } from '../peer/service-host.js';
import type { ServicePublisher } from '../peer/service-provider.js';
import { type Callback, settleCallback } from '../peer/settle-callback.js';
import { openDuplex, openWebStreams, type P2PStream } from '../peer/stream-calls.js';
import type { StreamOptions } from '../peer/stream-options.js';
import { checkEvent, checkPeer, checkRoom } from '../protocol/check-names.js';
import { Payload } from '../protocol/payload.js';
import type { NodeDuplex } from '../stream/node-duplex.js';

/** The calls of a client, with one set of options: those of the socket itself or of a `with(…)` view. */
export class PeerCalls extends ServiceCalls {
  readonly #engine: PeerEngine;
  readonly #host: ServiceHost;
  readonly #settings: CallSettings;
  readonly publishTopic: ServicePublisher['publishTopic'];

  constructor(engine: PeerEngine, host: ServiceHost, settings: CallSettings) {
    super(engine, settings);
    this.#engine = engine;
    this.#host = host;
    this.#settings = settings;
    this.publishTopic = publisherCalls(host, settings.deadline).publishTopic;
  }

  with(options: CallOptions): PeerCalls {
    return new PeerCalls(this.#engine, this.#host, viewSettings(this.#settings, options));
  }

  emitTo(clientId: string, event: string, ...rest: unknown[]): void {
    sendMessage(this.#engine, this.#settings, { target: clientId, event, rest });
  }

  /** CV-2: a service's event for one client. */
  emitClient(clientId: string, event: string, ...rest: unknown[]): void {
    this.#host.checkIsService();
    sendMessage(this.#engine, this.#settings, { target: clientId, event, rest });
  }

  async emitToWithAck(clientId: string, event: string, ...args: unknown[]): Promise<unknown> {
    checkPeer(clientId);
    checkEvent(event);
    checkNoFunction(args);
    const reply = await this.#engine.request(clientId, event, Payload.encode(args), this.#settings.deadline);
    return reply.args[0];
  }

  emitRoom(room: string, event: string, ...args: unknown[]): void {
    checkRoom(room);
    checkEvent(event);
    checkNoFunction(args);
    this.#engine.roomMessage(room, event, Payload.encode(args), this.#settings.deadline);
  }

  addP2pTarget(clientId: string, callback?: Callback): Promise<void> | void {
    return this.#settle(() => {
      checkPeer(clientId);
      return this.#engine.pair(clientId, this.#settings.deadline);
    }, callback);
  }

  addP2pStream(clientId: string, ...rest: unknown[]): Promise<NodeDuplex> | void {
    const [options, callback] = typeof rest[0] === 'function' ? [undefined, rest[0] as Callback] : rest;
    return this.#settle(
      () => openDuplex(this.#engine, clientId, (options === undefined ? {} : options) as object, this.#settings),
      callback as Callback | undefined,
    );
  }

  openStream(clientId: string, options: StreamOptions = {}): Promise<P2PStream> {
    return openWebStreams(this.#engine, clientId, options, this.#settings);
  }

  joinRoom(room: string, callback?: Callback): Promise<void> | void {
    return this.#settle(() => {
      checkRoom(room);
      return this.#engine.join(room, this.#settings.deadline);
    }, callback);
  }

  leaveRoom(room: string, callback?: Callback): Promise<void> | void {
    return this.#settle(() => {
      checkRoom(room);
      return this.#engine.leave(room, this.#settings.deadline);
    }, callback);
  }

  getClientList(callback?: Callback): Promise<string[]> | void {
    return this.#settle(() => this.#engine.clientList(this.#settings.deadline), callback);
  }

  isClientConnected(clientId: string, callback?: Callback): Promise<boolean> | void {
    return this.#settle(() => {
      checkPeer(clientId);
      return this.#engine.isConnected(clientId, this.#settings.deadline);
    }, callback);
  }

  /** With a callback, what is wrong with the arguments is thrown; without, everything is in the promise. */
  #settle<T>(operation: () => Promise<T>, callback: Callback | undefined): Promise<T> | void {
    if (callback === undefined) return (async () => operation())();
    checkListener(callback);
    const outcome = operation().then((value) => (value === undefined ? [] : [value]));
    settleCallback(outcome, callback, this.#settings);
  }
}
