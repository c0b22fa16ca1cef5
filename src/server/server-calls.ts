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
import { type Answered, askSocket, type SocketQuestion, timedOut } from './ask-socket.js';
import type { Directory } from './directory.js';
import type { RawNamespace } from './raw-server.js';
import type { Session } from './session.js';

/** Where it looks for clients. */
interface ServerPlace {
  readonly namespace: RawNamespace;
  readonly directory: Directory;
}

interface ApplicationEvent {
  readonly event: string;
  readonly args: readonly unknown[];
}

/** The calls of the server, with one set of options: those of the server itself or of a `with(…)` view. */
export class ServerCalls extends ServiceCalls {
  readonly #place: ServerPlace;
  readonly #engine: PeerEngine;
  readonly #settings: CallSettings;

  constructor(place: ServerPlace, engine: PeerEngine, settings: CallSettings) {
    super(engine, settings);
    this.#place = place;
    this.#engine = engine;
    this.#settings = settings;
  }

  with(options: CallOptions): ServerCalls {
    return new ServerCalls(this.#place, this.#engine, viewSettings(this.#settings, options));
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
    const session = this.#place.directory.get(clientId);
    const socketId = session?.remote?.socketId;
    if (session?.socket) session.socket.emit(event, ...args);
    // At another server of the cluster, which Socket.IO's adapter leads to.
    else if (socketId !== undefined) this.#place.namespace.to(socketId).emit(event, ...args);
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
    const { namespace, directory } = this.#place;
    const session = directory.get(clientId);
    const socketId = session?.remote?.socketId;
    const question = { ...event, ...this.#settings.deadline };
    if (session && socketId !== undefined) {
      const asked = { ...question, clientId };
      return askSession(session, question, (answered) => askRoom(namespace.to(socketId), asked, answered));
    }
    if (!session?.socket) throw notFound(clientId, event.event);
    const { socket } = session;
    return askSession(session, question, (answered) => askSocket(socket, question, answered));
  }
}

/** Settles by the deadline, and at once when the session ends or the signal aborts. */
function askSession(
  session: Session,
  { signal }: Deadline,
  ask: (answered: Answered) => () => void,
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
      ask(settle),
    );
  });
}

/** The one answer that comes, of the one socket that has the room; nobody answers where it has just left. */
function askRoom(
  room: ReturnType<RawNamespace['to']>,
  { clientId, event, args, timeout }: SocketQuestion & { readonly clientId: string },
  answered: Answered,
): () => void {
  room.timeout(timeout).emit(event, ...args, (error: Error | null, answers: readonly unknown[]) => {
    if (error) answered(timedOut(timeout));
    else answered(answers.length > 0 ? answers : peerGone(clientId));
  });
  return () => {};
}

function notFound(clientId: string, event: string): P2PError {
  return new P2PError('CLIENT_NOT_FOUND', `No client "${clientId}" is connected`, { details: { clientId, event } });
}
