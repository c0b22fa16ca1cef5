import type { EndOfTurn } from '../async/end-of-turn.js';
import { NO_SERVICES } from '../peer/no-services.js';
import { PeerEngine } from '../peer/peer-engine.js';
import type { Answer, IncomingMessage, PeerHandler, StreamRequest } from '../peer/peer-handler.js';
import { ADD_TARGET, SERVER_ERROR, TARGET_DISCONNECT, TOPIC_EVENTS } from '../protocol/event-names.js';
import { DEFAULT_TIMEOUT } from '../protocol/limits.js';
import { P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { ClientPacket, Packet, PacketOf } from '../protocol/packet.js';
import { EMPTY_PAYLOAD, Payload } from '../protocol/payload.js';
import { checkPlainArguments } from '../protocol/plain-bodies.js';
import type { PlainText } from '../protocol/plain-text.js';
import { askSocket } from './ask-socket.js';
import type { EncodedEvent, EventWriter } from './event-writer.js';
import { InProcessLink } from './in-process-link.js';
import { PlainStreams } from './plain-streams.js';
import { PlainSubscriptions } from './plain-subscriptions.js';
import type { RawServerSocket } from './raw-server.js';
import type { DeliverOptions, SessionPort, SharedEncodings } from './session-port.js';
import { TextQueue } from './text-queue.js';

const DEADLINE = { timeout: DEFAULT_TIMEOUT, signal: undefined };

export interface PlainPortOptions {
  readonly clientId: string;
  readonly socket: RawServerSocket;
  readonly writer: EventWriter;
  /** Which events a plain client may be sent by others. */
  readonly allows: (event: string) => boolean;
  readonly toRouter: (packet: ClientPacket) => void;
  /** Passes a message straight on to where it goes. @returns whether that was possible; else nothing has happened */
  readonly passOn: (message: PlainText) => boolean;
  readonly endOfTurn: EndOfTurn;
}

/**
 * The way to a client without the plugin: the server runs the engine for it, and turns what arrives
 * into flat events, `event(senderId, ...args)`.
 */
export class PlainPort implements SessionPort, PeerHandler {
  readonly engine: PeerEngine;
  readonly streams: PlainStreams;
  readonly subscriptions: PlainSubscriptions;
  readonly callAsked = NO_SERVICES.callAsked;
  readonly subscribeAsked = NO_SERVICES.subscribeAsked;
  readonly unsubscribed = NO_SERVICES.unsubscribed;
  readonly sessionGone = NO_SERVICES.sessionGone;
  readonly linkUp = NO_SERVICES.linkUp;
  readonly linkDown = NO_SERVICES.linkDown;
  readonly #options: PlainPortOptions;
  readonly #link: InProcessLink;
  readonly #messages: TextQueue;

  constructor(options: PlainPortOptions) {
    this.#options = options;
    this.#messages = new TextQueue(options.socket, options.endOfTurn);
    this.#link = new InProcessLink(options.toRouter);
    this.engine = new PeerEngine(this.#link, this);
    this.streams = new PlainStreams({
      clientId: options.clientId,
      engine: this.engine,
      ask: (question, answered) => {
        checkPlainArguments(question.args);
        return askSocket(options.socket, question, answered);
      },
      emit: (event, args) => this.#emit(event, args),
    });
    this.subscriptions = new PlainSubscriptions({
      engine: this.engine,
      emit: (event, args) => this.#emit(event, args),
    });
  }

  deliver(packet: Packet, { shared, queue, flushed }: DeliverOptions = {}): void {
    if (packet.type === 'message') this.#emitMessage(packet, shared);
    else if (packet.type === 'publication') this.#emitPublication(packet, { shared, queue });
    else if (packet.type === 'retained') this.#emitPublication(packet, { queue });
    else this.#link.receive(packet);
    if (!flushed) return;
    if (packet.type === 'data' || packet.type === 'part') this.streams.arrived(packet.stream, flushed);
    else flushed();
  }

  end(reason: P2PError | undefined): void {
    this.#link.close(reason);
    this.streams.close();
    if (reason) this.failed(reason);
    this.#messages.close();
  }

  /** This client sends a message to another. */
  send(message: PlainText): void {
    if (this.#options.passOn(message)) return;
    this.engine.message(message.targetClientId, message.event, message.payload, DEADLINE);
  }

  /** Whether it may be sent this event by another client. */
  allows(event: string): boolean {
    return this.#options.allows(event);
  }

  /** It is sent a message by another plain client, whose arguments are JSON already. */
  receive({ event, json }: PlainText, senderId: string): void {
    this.#messages.append(this.#options.writer.joinPlain(event, senderId, json));
  }

  message({ peer, event, payload, answer }: IncomingMessage): void {
    if (!answer) return;
    try {
      this.#checkAllowed(event);
      this.#ask(event, [peer, ...payload.args], answer);
    } catch (error) {
      answer.reject(toP2PError(error));
    }
  }

  pairAsked(peer: string, answer: Answer): void {
    this.#ask(ADD_TARGET, [{ sourceClientId: peer }], answer, () => EMPTY_PAYLOAD);
  }

  streamAsked(request: StreamRequest): void {
    this.streams.asked(request);
  }

  pairEnded(peer: string): void {
    this.#emit(TARGET_DISCONNECT, [peer]);
  }

  peerGone(): void {}

  failed(error: P2PError): void {
    this.#emit(SERVER_ERROR, [error.toJSON()]);
  }

  #emitMessage({ peer, event, payload }: PacketOf<'message'>, shared: SharedEncodings | undefined): void {
    this.#checkAllowed(event);
    const { socket, writer } = this.#options;
    const encoded = shared?.plain ?? this.#encode(event, [peer, ...payload.args]);
    if (shared) shared.plain = encoded;
    // What many are sent has its frame made once; what one is sent leaves with the rest of the turn.
    if (shared || encoded.text === undefined) writer.write(socket, encoded);
    else this.#messages.append(encoded.text);
  }

  /** Past the engine: encoded once, however many hear it. */
  #emitPublication(
    { peer, topic, payload }: PacketOf<'publication' | 'retained'>,
    { shared = {}, queue }: DeliverOptions,
  ): void {
    const { socket, writer } = this.#options;
    try {
      shared.plain ??= this.#encode(TOPIC_EVENTS.publication, [{ service: peer, topic, value: payload.args[0] }]);
    } catch (error) {
      return this.failed(toP2PError(error));
    }
    writer.write(socket, shared.plain, queue?.count(shared.plain.bytes));
  }

  #ask(event: string, args: readonly unknown[], answer: Answer, read = Payload.ofArguments): void {
    checkPlainArguments(args);
    const { timeout } = answer;
    const stop = askSocket(this.#options.socket, { event, args, timeout }, (outcome) => {
      if (outcome instanceof P2PError) return answer.reject(outcome);
      try {
        answer.reply(read(outcome));
      } catch {
        answer.reject(new P2PError('PAYLOAD_INVALID', 'The answer cannot be passed on'));
      }
    });
    answer.whenClosed(stop);
  }

  #emit(event: string, args: readonly unknown[]): void {
    const { socket, writer } = this.#options;
    writer.write(socket, this.#encode(event, args));
  }

  #encode(event: string, args: readonly unknown[]): EncodedEvent {
    checkPlainArguments(args);
    return this.#options.writer.encodePlain(event, args);
  }

  #checkAllowed(event: string): void {
    if (this.allows(event)) return;
    throw new P2PError('EVENT_NOT_ALLOWED', 'The server lets no client send this event to a plain client', {
      details: { event },
    });
  }
}
