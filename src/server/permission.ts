import { isThenable } from '../async/call-guarded.js';
import { type MaybeLater, within } from '../async/later.js';
import { P2PError } from '../protocol/p2p-error.js';
import type { ClientPacket, PacketOf } from '../protocol/packet.js';
import type { Authorize, AuthorizeRequest } from './authorize.js';
import type { Diagnostics } from './diagnostics.js';
import type { Session } from './session.js';

/** Answers that are kept for one session, at most. */
const MAX_CACHED = 1_000;

interface CachedAnswer {
  readonly allowed: boolean;
  /** By `performance.now()`. */
  readonly until: number;
}

type Answers = Map<string, CachedAnswer>;

/** A yes that is kept. */
export interface Leave {
  /** By `performance.now()`. */
  readonly until: number;
  /** How often answers had been forgotten when it was given. */
  readonly forgotten: number;
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
  #answers = new WeakMap<Session, Answers>();
  #forgotten = 0;
  /** Whether they may list clients, as long as that is being asked. */
  readonly #seeing = new WeakMap<Session, PromiseLike<boolean>>();

  constructor(options: PermissionOptions) {
    this.#options = options;
  }

  /** @throws P2PError, or rejects: `FORBIDDEN` */
  check(sender: Session, packet: ClientPacket): MaybeLater<void> {
    const question = questionOf(sender, packet);
    if (!question) return;
    const answer = this.#ask(sender, question);
    if (isThenable(answer)) return answer.then((allowed) => this.#enforce(question, allowed));
    this.#enforce(question, answer);
  }

  /** The answer that is kept, if it says yes. */
  leaveFor(sender: Session, packet: ClientPacket): Leave | undefined {
    const question = questionOf(sender, packet);
    const { authorize, allowsByDefault } = this.#options;
    const until = Number.POSITIVE_INFINITY;
    if (!question || (!authorize && allowsByDefault)) return { until, forgotten: this.#forgotten };
    const kept = authorize && this.#keptAnswer(this.#answersOf(sender), question);
    return kept?.allowed ? { until: kept.until, forgotten: this.#forgotten } : undefined;
  }

  /** Whether it still is so; `now` by `performance.now()`. */
  isGood({ until, forgotten }: Leave, now: number): boolean {
    return forgotten === this.#forgotten && now < until;
  }

  /** What a client is told instead of `CLIENT_NOT_FOUND`, unless it may know who is there. */
  disguise(sender: Session, packet: ClientPacket, error: P2PError): MaybeLater<P2PError> {
    const question = questionOf(sender, packet);
    if (!question) return error;
    const choose = (maySee: boolean) => (maySee ? error : forbidden(question));
    const answer = this.#seeing.get(sender) ?? this.#ask(sender, { action: 'list-clients', client: question.client });
    if (!isThenable(answer)) return choose(answer);
    // Asked once, however many wait for it.
    this.#seeing.set(sender, answer);
    return answer.then((maySee) => {
      this.#seeing.delete(sender);
      return choose(maySee);
    });
  }

  /** What was to be kept is asked anew. */
  forget(session: Session | undefined): void {
    this.#forgotten++;
    if (session) this.#answers.delete(session);
    else this.#answers = new WeakMap();
  }

  #enforce(question: AuthorizeRequest, allowed: boolean): void {
    if (allowed) return;
    const { client, ...asked } = question;
    const { clientId, socket } = client;
    this.#options.diagnostics.report('authz.deny', { clientId, socketId: socket.id, ...asked });
    throw forbidden(question);
  }

  #ask(sender: Session, question: AuthorizeRequest): MaybeLater<boolean> {
    const { authorize, allowsByDefault, timeout } = this.#options;
    if (!authorize) return allowsByDefault;
    const answers = this.#answersOf(sender);
    const kept = this.#keptAnswer(answers, question);
    if (kept) return kept.allowed;
    try {
      const decision = authorize(question);
      if (!isThenable(decision)) return this.#read(answers, question, decision);
      const late = () => new P2PError('TIMEOUT', `authorize has not answered within ${timeout} ms`);
      return within(decision, timeout, late)
        .then((later) => this.#read(answers, question, later))
        .catch((error) => this.#failed(error));
    } catch (error) {
      return this.#failed(error);
    }
  }

  #keptAnswer(answers: Answers, question: AuthorizeRequest): CachedAnswer | undefined {
    const kept = answers.size > 0 ? answers.get(keyOf(question)) : undefined;
    const isGood = kept && (kept.until === Number.POSITIVE_INFINITY || kept.until > performance.now());
    return isGood ? kept : undefined;
  }

  /** What cannot be answered is a no. */
  #failed(error: unknown): false {
    this.#options.logError('authorize failed', error);
    return false;
  }

  #read(answers: Answers, question: AuthorizeRequest, decision: unknown): boolean {
    if (typeof decision === 'boolean') return decision;
    if (decision === undefined) return this.#options.allowsByDefault;
    const { allowed, cacheFor = 0 } = (decision ?? {}) as Record<string, unknown>;
    if (typeof allowed !== 'boolean' || !(typeof cacheFor === 'number' && cacheFor >= 0)) {
      return this.#failed(new P2PError('INVALID_ARGUMENT', 'authorize answers true, false or { allowed, cacheFor }'));
    }
    if (cacheFor > 0) keep(answers, keyOf(question), { allowed, until: performance.now() + cacheFor });
    return allowed;
  }

  #answersOf(session: Session): Answers {
    let answers = this.#answers.get(session);
    if (!answers) {
      answers = new Map();
      this.#answers.set(session, answers);
    }
    return answers;
  }
}

/** In a list that has been forgotten meanwhile, nobody looks it up. */
function keep(answers: Answers, key: string, answer: CachedAnswer): void {
  answers.delete(key);
  // The place of the oldest, where there is none.
  if (answers.size >= MAX_CACHED) answers.delete(answers.keys().next().value as string);
  answers.set(key, answer);
}

function forbidden({ client: _, ...details }: AuthorizeRequest): P2PError {
  return new P2PError('FORBIDDEN', `The server does not allow "${details.action}"`, { details });
}

/** Which of the names there are is told by the action; where one ends, by its length. */
function keyOf({ action, target = '', event, api, topic, room }: AuthorizeRequest): string {
  const key = `${action} ${target.length} ${target}`;
  if (room === undefined) return key + (event ?? api ?? topic ?? '');
  return `${key}${room.length} ${room}${event ?? ''}`;
}

type Client = AuthorizeRequest['client'];

const QUESTIONS: { readonly [T in ClientPacket['type']]?: (client: Client, packet: PacketOf<T>) => AuthorizeRequest } =
  {
    message: (client, { peer, event }) => ({ client, action: 'send', target: peer, event }),
    request: (client, { peer, event }) => ({ client, action: 'request', target: peer, event }),
    pair: (client, { peer }) => ({ client, action: 'pair', target: peer }),
    watch: (client, { peer }) => ({ client, action: 'observe', target: peer }),
    connected: (client, { clientId }) => ({ client, action: 'observe', target: clientId }),
    open: (client, { peer }) => ({ client, action: 'open-stream', target: peer }),
    offer: (client) => ({ client, action: 'provide' }),
    call: (client, { peer, api }) => ({ client, action: 'call', target: peer, api }),
    publish: (client, { topic }) => ({ client, action: 'publish', topic }),
    'publish-wait': (client, { topic }) => ({ client, action: 'publish', topic }),
    retained: (client, { topic }) => ({ client, action: 'publish', topic }),
    subscribe: (client, { peer, topic }) => ({ client, action: 'subscribe', target: peer, topic }),
    subscribed: (client, { topic }) => ({ client, action: 'create-topic', topic }),
    clients: (client) => ({ client, action: 'list-clients' }),
    services: (client) => ({ client, action: 'list-services' }),
    join: (client, { room }) => ({ client, action: 'join-room', room }),
    'room-message': (client, { room, event }) => ({ client, action: 'emit-room', room, event }),
  };

function questionOf({ clientId, socket, topics }: Session, packet: ClientPacket): AuthorizeRequest | undefined {
  if (!socket) return undefined;
  // A topic comes into being here with its first subscriber.
  if (packet.type === 'subscribed' && topics.has(packet.topic)) return undefined;
  // Of itself a client knows that it is there; it asks to learn that what it sent before has come so far.
  if (packet.type === 'connected' && packet.clientId === clientId) return undefined;
  const ask = QUESTIONS[packet.type] as ((client: Client, packet: ClientPacket) => AuthorizeRequest) | undefined;
  return ask?.({ clientId, socket }, packet);
}
