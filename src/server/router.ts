import { whenDone } from '../async/later.js';
import { isP2PError, P2PError } from '../protocol/p2p-error.js';
import type { ClientPacket, ClientPacketType } from '../protocol/packet.js';
import { EMPTY_PAYLOAD } from '../protocol/payload.js';
import { tellRefusal } from './refusal.js';
import type { Session } from './session.js';
import type { RouterContext, Verb } from './verb.js';
import { answer } from './verbs/answer.js';
import { ask } from './verbs/ask.js';
import { cancel } from './verbs/cancel.js';
import { clients, connected } from './verbs/clients.js';
import { message } from './verbs/message.js';
import { called, open, opened } from './verbs/open.js';
import { join, leave, roomMessage } from './verbs/room.js';
import { call, offer, services } from './verbs/service.js';
import { credit, data, finish, reset } from './verbs/stream.js';
import { closeTopic, publish, publishWait, retained, subscribe, subscribed, unsubscribe } from './verbs/topic.js';
import { unwatch, watch } from './verbs/watch.js';

type RoutedType = Exclude<ClientPacketType, 'hello'>;

const VERBS: { readonly [T in RoutedType]: Verb<T> } = {
  message,
  request: ask,
  pair: ask,
  reply: answer,
  reject: answer,
  cancel,
  open,
  opened,
  call,
  called,
  subscribe,
  subscribed,
  retained,
  unsubscribe,
  publish,
  'publish-wait': publishWait,
  'close-topic': closeTopic,
  offer,
  services,
  data,
  part: data,
  credit,
  finish,
  reset,
  watch,
  unwatch,
  join,
  leave,
  'room-message': roomMessage,
  clients,
  connected,
};

/** Takes a packet from a session and does what its type says. Dispatch only. */
export class Router {
  readonly #context: RouterContext;

  constructor(context: RouterContext) {
    this.#context = context;
  }

  handle(sender: Session, packet: ClientPacket): void {
    if (sender.ended || packet.type === 'hello') return;
    try {
      const verb = VERBS[packet.type] as Verb<ClientPacketType>;
      verb(this.#context, sender, packet)?.catch((error) => this.refuse(sender, packet, error));
    } catch (error) {
      this.refuse(sender, packet, error);
    }
  }

  /** Tells the sender why its packet has come to nothing. */
  refuse(sender: Session, packet: ClientPacket, problem: unknown): void {
    const error = this.#publicError(problem);
    const { permission } = this.#context;
    // Its own server has asked already, whether it may know who is connected.
    if (!permission || error.code !== 'CLIENT_NOT_FOUND' || sender.remote) return this.#tell(sender, packet, error);
    // Its payload is not to wait for that.
    const bare = 'payload' in packet ? { ...packet, payload: EMPTY_PAYLOAD } : packet;
    whenDone(
      () => permission.disguise(sender, packet, error),
      (disguised) => this.#tell(sender, bare, disguised),
      (failure) => this.#context.logError('a packet could not be refused', failure),
    );
  }

  #tell(sender: Session, packet: ClientPacket, error: P2PError): void {
    if (sender.ended) return;
    tellRefusal(this.#context, { sender, packet, error });
    this.#context.failed(sender, error);
  }

  #publicError(error: unknown): P2PError {
    if (isP2PError(error)) return error;
    this.#context.logError('a packet could not be handled', error);
    return new P2PError('INTERNAL', 'The server failed to handle the packet');
  }
}
