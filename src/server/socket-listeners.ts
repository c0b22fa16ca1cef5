import { readFromClient, streamNamedBy } from '../protocol/envelope.js';
import { ENVELOPE_EVENT, PLAIN_VERBS } from '../protocol/event-names.js';
import { P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { ClientPacket, PacketOf } from '../protocol/packet.js';
import { type PlainText, plainTextPrefix, readPlainText } from '../protocol/plain-text.js';
import { isPluginSocket, tellError } from './client-kind.js';
import { ConnectionTap } from './connection-tap.js';
import { PLAIN_HANDLERS, type PlainAck, type PlainHandler } from './plain-handlers.js';
import { PlainPort } from './plain-port.js';
import { guardPackets, isWatched, type PacketGuard, type RawServerSocket, setRecoverableId } from './raw-server.js';
import type { Session } from './session.js';
import type { Sessions } from './sessions.js';

/** Most arguments of any event of any client; ours have far fewer, and Socket.IO dies of 120,000. */
const MAX_EVENT_ARGUMENTS = 10_000;

const { emit, request, joinRoom, leaveRoom, emitRoom } = PLAIN_VERBS;

/** What every socket listens to, whatever its client is (SC-4). */
const FOR_ALL: ReadonlySet<string> = new Set([emit, request, joinRoom, leaveRoom, emitRoom]);

/** A message that has been read from its text. */
const SEND_TEXT: PlainHandler = (port, message) => port.send(message as PlainText);

type SocketListener = (this: RawServerSocket, ...args: unknown[]) => void;

type EventListener = readonly [event: string, listener: SocketListener];

interface PlainCall {
  readonly handle: PlainHandler;
  readonly body: unknown;
  readonly ack: PlainAck | undefined;
}

/** The body is optional; only Socket.IO makes a function of what came over the wire: the acknowledgement. */
function splitPlainArguments(args: readonly unknown[]): Pick<PlainCall, 'body' | 'ack'> {
  const ack = args.find((arg) => typeof arg === 'function') as PlainAck | undefined;
  return { body: args[0] === ack ? undefined : args[0], ack };
}

export interface SocketListenersOptions {
  readonly sessions: Sessions;
  /** `read` throws where the packet is malformed. */
  readonly hello: (socket: RawServerSocket, read: () => PacketOf<'hello'>) => void;
}

/** What the server listens to on a socket (SC-4). The functions are shared by all sockets. */
export class SocketListeners {
  readonly #sessions: Sessions;
  readonly #hello: SocketListenersOptions['hello'];
  readonly #envelopeListener: SocketListener;
  readonly #sessionListeners: readonly EventListener[];
  /** By their events. */
  readonly #plainListeners: ReadonlyMap<unknown, EventListener>;
  readonly #guard: PacketGuard;
  readonly #attached = new WeakSet<RawServerSocket>();

  constructor({ sessions, hello }: SocketListenersOptions) {
    this.#sessions = sessions;
    this.#hello = hello;
    const readEnvelope = this.#readEnvelope.bind(this);
    const readPlain = this.#readPlain.bind(this);
    this.#envelopeListener = function (data, header) {
      readEnvelope(this, data, header);
    };
    const plainListeners = Object.entries(PLAIN_HANDLERS).map(([event, handle]): [string, EventListener] => {
      const listener: SocketListener = function (...args) {
        readPlain(this, { handle, ...splitPlainArguments(args) });
      };
      return [event, [event, listener]];
    });
    this.#plainListeners = new Map(plainListeners);
    this.#guard = {
      most: MAX_EVENT_ARGUMENTS,
      dropped: (socket) => this.#tell(socket, tooManyArguments()),
      coming: (socket, event) => this.#listenWhenNeeded(socket, event),
    };
    this.#sessionListeners = [
      [
        'disconnecting',
        function () {
          setRecoverableId(this, sessions.directory.ofSocket(this.id)?.clientId ?? null);
        },
      ],
      [
        'disconnect',
        function () {
          const session = sessions.directory.ofSocket(this.id);
          if (session) sessions.end(session);
        },
      ],
    ];
  }

  /** What every socket of the namespace gets, with a client id or without. */
  guard(socket: RawServerSocket): void {
    guardPackets(socket, this.#guard);
    socket.on(ENVELOPE_EVENT, this.#envelopeListener);
  }

  /** What a socket with a client id gets, once. */
  attach(socket: RawServerSocket): void {
    if (this.#attached.has(socket)) return;
    this.#attached.add(socket);
    for (const [event, listener] of this.#sessionListeners) socket.on(event, listener);
    const isPlain = !isPluginSocket(socket);
    for (const [event, listener] of this.#plainListeners.values()) {
      if (isPlain || FOR_ALL.has(event)) socket.on(event, listener);
    }
    if (isPlain) this.#tapMessages(socket);
  }

  /** A client with the plugin sends events of plain clients by mistake alone, and is not to take memory for them. */
  #listenWhenNeeded(socket: RawServerSocket, event: unknown): void {
    const plain = this.#plainListeners.get(event);
    if (!plain || !isPluginSocket(socket) || !this.#attached.has(socket)) return;
    if (!socket.listeners(plain[0]).includes(plain[1])) socket.on(...plain);
  }

  /** Messages of a plain client are taken as text, unless somebody else wants to see them as events. */
  #tapMessages(socket: RawServerSocket): void {
    const prefix = plainTextPrefix(socket.nsp.name);
    const stop = ConnectionTap.of(socket)?.listenToTexts<PlainText>({
      prefix,
      read: (text) => (isWatched(socket, emit) ? undefined : readPlainText(text, prefix)),
      take: (row) => {
        for (const message of row) this.#readPlain(socket, { handle: SEND_TEXT, body: message, ack: undefined });
      },
    });
    if (stop) socket.once('disconnect', stop);
  }

  #readEnvelope(socket: RawServerSocket, data: unknown, header: unknown): void {
    if (Array.isArray(header) && header[0] === 'hello') {
      return this.#hello(socket, () => {
        this.#sessions.conduct.spend(socket, 0);
        return readFromClient(data, header) as PacketOf<'hello'>;
      });
    }
    // A socket that never had a client id is the application's own, and so is its event of this name.
    if (!this.#attached.has(socket)) return;
    let packet: ClientPacket;
    try {
      packet = readFromClient(data, header);
    } catch (error) {
      return this.#sessions.intake.unreadable(socket, toP2PError(error), streamNamedBy(header));
    }
    const session = this.#sessions.directory.ofSocket(socket.id);
    if (!session) return this.#tell(socket, notRegistered());
    if (session.secret !== undefined) return this.#sessions.intake.take(session, socket, packet);
    this.#sessions.router.refuse(session, packet, new P2PError('PACKET_INVALID', 'A plugin client says hello first'));
  }

  #readPlain(socket: RawServerSocket, { handle, body, ack }: PlainCall): void {
    try {
      const { port, slowness } = this.#sessionOf(socket);
      // Its acknowledgement would wait with the rest.
      if (slowness) return this.#sessions.conduct.note(socket, slowness);
      this.#sessions.conduct.spend(socket, 0);
      if (!(port instanceof PlainPort)) {
        throw new P2PError('UNSUPPORTED', 'This event is for clients without the plugin: call the method instead');
      }
      handle(port, body, ack);
    } catch (error) {
      this.#tell(socket, toP2PError(error), ack);
    }
  }

  /** What is wrong is told, by the acknowledgement where there is one, and counts against the client. */
  #tell(socket: RawServerSocket, problem: P2PError, ack?: PlainAck): void {
    if (ack) ack({ error: problem.toJSON() });
    else tellError(this.#sessions.writer, socket, problem);
    this.#sessions.conduct.note(socket, problem);
  }

  #sessionOf(socket: RawServerSocket): Session {
    const session = this.#sessions.directory.ofSocket(socket.id);
    if (session) return session;
    throw notRegistered();
  }
}

function tooManyArguments(): P2PError {
  return new P2PError('PACKET_INVALID', `An event has at most ${MAX_EVENT_ARGUMENTS} arguments`);
}

function notRegistered(): P2PError {
  return new P2PError('NOT_REGISTERED', 'This socket has no client id');
}
