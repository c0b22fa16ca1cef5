import { isThenable } from '../async/call-guarded.js';
import { type MaybeLater, within } from '../async/later.js';
import { P2PError } from '../protocol/p2p-error.js';
import type { ClientPacket, PacketOf } from '../protocol/packet.js';
import type { Authorize, AuthorizeRequest } from './authorize.js';
import type { Diagnostics } from './diagnostics.js';
import type { Session } from './session.js';

type Question = Omit<AuthorizeRequest, 'client'>;

/** Answers that are kept for one session, at most. */
const MAX_CACHED = 1_000;

interface CachedAnswer {
  readonly allowed: boolean;
  /** By `performance.now()`. */
  readonly until: number;
}

export interface PermissionOptions {
  readonly authorize: Authorize | undefined;
  readonly allowsByDefault: boolean;
  /** For `authorize`, in ms. */
  readonly timeout: number;
  readonly diagnostics: Diagnostics;
  readonly logError: (message: string, error: unknown) => void;
}

/** Who may do what. It is asked before anything is looked up. */
export class Permission {
  readonly #options: PermissionOptions;
  #answers = new WeakMap<Session, Map<string, CachedAnswer>>();

  constructor(options: PermissionOptions) {
    this.#options = options;
  }

  /** @throws P2PError, or rejects: `FORBIDDEN` */
  check(sender: Session, packet: ClientPacket): MaybeLater<void> {
    const question = questionOf(sender, packet);
    if (!question) return;
    const answer = this.#ask(sender, question);
    if (isThenable(answer)) return answer.then((allowed) => this.#enforce(sender, question, allowed));
    this.#enforce(sender, question, answer);
  }

  /** What a client is told instead of `CLIENT_NOT_FOUND`, unless it may know who is there. */
  disguise(sender: Session, packet: ClientPacket, error: P2PError): MaybeLater<P2PError> {
    const question = questionOf(sender, packet);
    if (!question) return error;
    const choose = (maySee: boolean) => (maySee ? error : forbidden(question));
    const answer = this.#ask(sender, { action: 'list-clients' });
    return isThenable(answer) ? answer.then(choose) : choose(answer);
  }

  /** What was to be kept is asked anew. */
  forget(session: Session | undefined): void {
    if (session) this.#answers.delete(session);
    else this.#answers = new WeakMap();
  }

  #enforce({ clientId, socket }: Session, question: Question, allowed: boolean): void {
    if (allowed) return;
    this.#options.diagnostics.report('authz.deny', { clientId, socketId: socket?.id, ...question });
    throw forbidden(question);
  }

  #ask(sender: Session, question: Question): MaybeLater<boolean> {
    const { authorize, allowsByDefault, timeout } = this.#options;
    const { socket, clientId } = sender;
    if (!socket) return true;
    if (!authorize) return allowsByDefault;
    const key = keyOf(question);
    const kept = this.#answers.get(sender)?.get(key);
    if (kept && kept.until > performance.now()) return kept.allowed;
    try {
      const decision = authorize({ ...question, client: { clientId, socket } });
      if (!isThenable(decision)) return this.#read(sender, key, decision);
      const late = () => new P2PError('TIMEOUT', `authorize has not answered within ${timeout} ms`);
      return within(decision, timeout, late).then(
        (later) => this.#read(sender, key, later),
        (error) => this.#failed(error),
      );
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** What cannot be answered is a no. */
  #failed(error: unknown): false {
    this.#options.logError('authorize failed', error);
    return false;
  }

  #read(sender: Session, key: string, decision: unknown): boolean {
    if (typeof decision === 'boolean') return decision;
    if (decision === undefined) return this.#options.allowsByDefault;
    const { allowed, cacheFor = 0 } = (decision ?? {}) as Record<string, unknown>;
    if (typeof allowed !== 'boolean' || typeof cacheFor !== 'number') {
      return this.#failed(new P2PError('INVALID_ARGUMENT', 'authorize answers true, false or { allowed, cacheFor }'));
    }
    if (cacheFor > 0) this.#keep(sender, key, { allowed, until: performance.now() + cacheFor });
    return allowed;
  }

  #keep(sender: Session, key: string, answer: CachedAnswer): void {
    const answers = this.#answers.get(sender) ?? new Map<string, CachedAnswer>();
    this.#answers.set(sender, answers);
    // The place of the oldest, where there is none.
    if (answers.size >= MAX_CACHED) answers.delete(answers.keys().next().value as string);
    answers.set(key, answer);
  }
}

function forbidden({ action }: Question): P2PError {
  return new P2PError('FORBIDDEN', 'The server does not allow this', { details: { action } });
}

function keyOf({ action, target, event, api, topic, room }: Question): string {
  const names = [event, api, topic, room].filter((name) => name !== undefined);
  return JSON.stringify([action, target, ...names]);
}

const QUESTIONS: { readonly [T in ClientPacket['type']]?: (packet: PacketOf<T>) => Question } = {
  message: ({ peer, event }) => ({ action: 'send', target: peer, event }),
  request: ({ peer, event }) => ({ action: 'request', target: peer, event }),
  pair: ({ peer }) => ({ action: 'pair', target: peer }),
  watch: ({ peer }) => ({ action: 'observe', target: peer }),
  connected: ({ clientId }) => ({ action: 'observe', target: clientId }),
  open: ({ peer }) => ({ action: 'open-stream', target: peer }),
  offer: () => ({ action: 'provide' }),
  call: ({ peer, api }) => ({ action: 'call', target: peer, api }),
  publish: ({ topic }) => ({ action: 'publish', topic }),
  'publish-wait': ({ topic }) => ({ action: 'publish', topic }),
  subscribe: ({ peer, topic }) => ({ action: 'subscribe', target: peer, topic }),
  subscribed: ({ topic }) => ({ action: 'create-topic', topic }),
  clients: () => ({ action: 'list-clients' }),
  services: () => ({ action: 'list-services' }),
  join: ({ room }) => ({ action: 'join-room', room }),
  'room-message': ({ room, event }) => ({ action: 'emit-room', room, event }),
};

function questionOf(sender: Session, packet: ClientPacket): Question | undefined {
  // A topic comes into being here with its first subscriber.
  if (packet.type === 'subscribed' && sender.topics.has(packet.topic)) return undefined;
  // Of itself a client knows that it is there; it asks to learn that what it sent before has come so far.
  if (packet.type === 'connected' && packet.clientId === sender.clientId) return undefined;
  const ask = QUESTIONS[packet.type] as ((packet: ClientPacket) => Question) | undefined;
  return ask?.(packet);
}
