import { MAX_SESSION_INFLOW } from '../protocol/limits.js';
import type { P2PError } from '../protocol/p2p-error.js';
import type { Packet } from '../protocol/packet.js';
import type { Edge } from './edge.js';
import { Inflow } from './flow.js';
import type { RawServerSocket } from './raw-server.js';
import type { RelayEnd } from './relay-end.js';
import type { RemoteOrigin } from './remote-origin.js';
import type { SendQueue } from './send-queue.js';
import type { DeliverOptions, SessionPort } from './session-port.js';
import type { SlowConsumer } from './slow-consumer.js';
import type { Gateway, TopicRelay } from './topic-relay.js';
import type { Usage } from './usage.js';

export interface SessionOptions {
  readonly clientId: string;
  readonly epoch: number;
  /** Missing: the server itself holds the id. */
  readonly socket: RawServerSocket | undefined;
  /** What a plugin client can replace this session with; a plain client has none. */
  readonly secret: string | undefined;
  /** Missing: a client's. */
  readonly hosted?: HostedOptions;
  /** It is connected to another server, or that server's own. */
  readonly remote?: RemoteOrigin;
  /** The epoch of the session at another server whose place it takes. */
  readonly replaces?: number | undefined;
  readonly usage: Usage;
}

/** A session of the server's own. */
export interface HostedOptions {
  /** A service, which clients may know of; otherwise the server itself. */
  readonly isService: boolean;
  /** It leaves its id to a client too, and answers only what it has (SV-3). */
  readonly isShared: boolean;
  readonly hasApi: (name: string) => boolean;
  readonly hasTopic: (name: string) => boolean;
}

/** The server itself, say. */
export const UNLISTED: HostedOptions = {
  isService: false,
  isShared: false,
  hasApi: () => false,
  hasTopic: () => false,
};

/** A client's turn of holding its id. Whatever is kept for a client hangs off it and goes with it. */
export class Session {
  readonly clientId: string;
  readonly epoch: number;
  readonly socket: RawServerSocket | undefined;
  readonly secret: string | undefined;
  /** The stream data on its way to it. */
  readonly inflow = new Inflow();
  /** The publications on their way to it: made with the first subscription. */
  publications: SendQueue | undefined;
  readonly hosted: HostedOptions | undefined;
  readonly remote: RemoteOrigin | undefined;
  readonly replaces: number | undefined;
  /** What it has of what is limited, as far as that is not to be seen above. */
  readonly usage: Usage;
  /** It has APIs or topics. */
  isService: boolean;
  // Most clients have none of these: they are made when something looks for them.
  #edges: Map<Session, Edge> | undefined;
  #absentWatches: Set<string> | undefined;
  #streams: Map<number, RelayEnd<Session>> | undefined;
  #topics: Map<string, TopicRelay<Session>> | undefined;
  #subscriptions: Set<TopicRelay<Session>> | undefined;
  /** Credit of its that was unused when the stream was over, in bytes: what is on its way has been paid for. */
  #lateCredit = 0;
  #port: SessionPort | undefined;
  #slowConsumer: SlowConsumer<Session> | undefined;
  #atEnd: Set<() => void> | undefined;
  #ended = false;
  #ref: WeakRef<Session> | undefined;

  constructor({ clientId, epoch, socket, secret, hosted, remote, replaces, usage }: SessionOptions) {
    this.clientId = clientId;
    this.epoch = epoch;
    this.socket = socket;
    this.secret = secret;
    this.hosted = hosted;
    this.remote = remote;
    this.replaces = replaces;
    this.usage = usage;
    this.isService = hosted?.isService ?? false;
  }

  /** Whether clients may know of it. */
  get isListed(): boolean {
    return this.hosted === undefined || this.isService;
  }

  get isShared(): boolean {
    return this.hosted?.isShared ?? false;
  }

  /** What publications reach it by, where it is at another server. */
  get gateway(): Gateway | undefined {
    return this.remote?.gateway;
  }

  /** For who may remember it longer than it lasts. */
  get ref(): WeakRef<Session> {
    this.#ref ??= new WeakRef(this);
    return this.#ref;
  }

  /** Interest edges to other sessions. */
  get edges(): Map<Session, Edge> {
    this.#edges ??= new Map();
    return this.#edges;
  }

  /** Ids of absent clients whose next session this one wants to see end. */
  get absentWatches(): Set<string> {
    this.#absentWatches ??= new Set();
    return this.#absentWatches;
  }

  /** Its streams, by its own numbers for them. */
  get streams(): Map<number, RelayEnd<Session>> {
    this.#streams ??= new Map();
    return this.#streams;
  }

  /** Those of its topics that have subscribers. */
  get topics(): Map<string, TopicRelay<Session>> {
    this.#topics ??= new Map();
    return this.#topics;
  }

  /** The topics that it subscribes to. */
  get subscriptions(): Set<TopicRelay<Session>> {
    this.#subscriptions ??= new Set();
    return this.#subscriptions;
  }

  /** How many of these there are. */
  get counts(): { readonly subscriptions: number; readonly topics: number } {
    return { subscriptions: this.#subscriptions?.size ?? 0, topics: this.#topics?.size ?? 0 };
  }

  get ended(): boolean {
    return this.#ended;
  }

  get port(): SessionPort | undefined {
    return this.#port;
  }

  /** Without a `slowConsumer` it always reads. */
  attach(port: SessionPort, slowConsumer?: SlowConsumer<Session>): void {
    this.#port = port;
    this.#slowConsumer = slowConsumer;
  }

  /** `SESSION_TOO_SLOW` as long as it does not take what it was sent. */
  get slowness(): P2PError | undefined {
    return this.#slowConsumer?.refusal();
  }

  /** @throws P2PError when this client cannot be sent the packet */
  deliver(packet: Packet, options?: DeliverOptions): void {
    // What is written to a queue was counted there.
    const sent = this.#slowConsumer && !options?.queue ? this.#slowConsumer.admit(packet) : packet;
    if (sent) this.#port?.deliver(sent, options);
  }

  /** A stream on which it could have sent this much is over. */
  addLateCredit(bytes: number): void {
    this.#lateCredit = Math.min(this.#lateCredit + bytes, MAX_SESSION_INFLOW);
  }

  /** @returns whether data that comes too late has been paid for */
  takeLateCredit(cost: number): boolean {
    if (cost > this.#lateCredit) return false;
    this.#lateCredit -= cost;
    return true;
  }

  /** Calls back when the session ends; the value returned takes that back. */
  atEnd(callback: () => void): () => void {
    this.#atEnd ??= new Set();
    this.#atEnd.add(callback);
    return () => this.#atEnd?.delete(callback);
  }

  end(reason: P2PError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#port?.end(reason);
    for (const callback of this.#atEnd ?? []) callback();
    this.#atEnd = undefined;
  }
}
