import { onAbort } from '../async/on-abort.js';
import { type CallOptions, checkNoFunction, splitAck } from '../peer/call-arguments.js';
import { type CallSettings, viewSettings } from '../peer/call-settings.js';
import { peerGone } from '../peer/link.js';
import type { PeerEngine } from '../peer/peer-engine.js';
import { abortedError, type Deadline } from '../peer/pending-operations.js';
import { ServiceCalls } from '../peer/service-calls.js';
import { type Callback, settleCallback } from '../peer/settle-callback.js';
import { openDuplex } from '../peer/stream-calls.js';
import type { DuplexOptions, StreamOptions } from '../peer/stream-options.js';
import { checkEvent, checkPeer } from '../protocol/check-names.js';
import { P2PError } from '../protocol/p2p-error.js';
import { checkPlainArguments } from '../protocol/plain-bodies.js';
import type { NodeDuplex } from '../stream/node-duplex.js';
import { askSocket } from './ask-socket.js';
import type { Directory } from './directory.js';
import type { RawServerSocket } from './raw-server.js';
import type { Session } from './session.js';

interface ApplicationEvent {
  readonly event: string;
  readonly args: readonly unknown[];
}

/** The calls of the server, with one set of options: those of the server itself or of a `with(…)` view. */
export class ServerCalls extends ServiceCalls {
  readonly #directory: Directory;
  readonly #engine: PeerEngine;
  readonly #settings: CallSettings;

  constructor(directory: Directory, engine: PeerEngine, settings: CallSettings) {
    super(engine, settings);
    this.#directory = directory;
    this.#engine = engine;
    this.#settings = settings;
  }

  with(options: CallOptions): ServerCalls {
    return new ServerCalls(this.#directory, this.#engine, viewSettings(this.#settings, options));
  }

  /** SS-3: as any client would. */
  addStreamAsClient(clientId: string, options: StreamOptions & DuplexOptions = {}): Promise<NodeDuplex> {
    return openDuplex(this.#engine, clientId, options, this.#settings);
  }

  /** SC-6: the application's own server event; it arrives at `socket.on(event)`. */
  emitTo(clientId: string, event: string, ...rest: unknown[]): void {
    checkPeer(clientId);
    checkEvent(event);
    const { args, ack } = splitAck<Callback>(rest);
    checkPlainArguments(args);
    if (ack) return settleCallback(this.#ask(clientId, { event, args }), ack, this.#settings);
    const socket = this.#directory.get(clientId)?.socket;
    if (socket) socket.emit(event, ...args);
    else this.#settings.failed(notFound(clientId, event));
  }

  async emitToWithAck(clientId: string, event: string, ...args: unknown[]): Promise<unknown> {
    checkPeer(clientId);
    checkEvent(event);
    checkNoFunction(args);
    checkPlainArguments(args);
    const results = await this.#ask(clientId, { event, args });
    return results[0];
  }

  async #ask(clientId: string, event: ApplicationEvent): Promise<readonly unknown[]> {
    const session = this.#directory.get(clientId);
    if (!session?.socket) throw notFound(clientId, event.event);
    return askSession(session, session.socket, { ...event, ...this.#settings.deadline });
  }
}

/** Settles by the deadline, and at once when the session ends or the signal aborts. */
function askSession(
  session: Session,
  socket: RawServerSocket,
  { signal, ...question }: ApplicationEvent & Deadline,
): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw abortedError(signal);
    const stop: (() => void)[] = [];
    const settle = (outcome: readonly unknown[] | P2PError) => {
      for (const end of stop) end();
      if (outcome instanceof P2PError) reject(outcome);
      else resolve(outcome);
    };
    const gone = () => settle(peerGone(session.clientId));
    stop.push(
      session.atEnd(gone),
      onAbort(signal, () => settle(abortedError(signal))),
      askSocket(socket, question, settle),
    );
  });
}

function notFound(clientId: string, event: string): P2PError {
  return new P2PError('CLIENT_NOT_FOUND', `No client "${clientId}" is connected`, { details: { clientId, event } });
}
