import { randomBytes } from 'node:crypto';
import { type Clock, systemClock, type Timer } from '../../async/clock.js';
import { bareMessage, EVERYBODY, isFor, NODE_MESSAGES, type NodeMessage, readNodeMessage } from './node-frame.js';
import { NodeLink } from './node-link.js';
import type { NodeTransport } from './node-transport.js';

/** How often a server says that it is alive, in ms. */
const BEAT = 1_000;

/** Who has said nothing for this long is lost, in ms. */
const SILENT_FOR = 5_000;

/** Who has not come to anything for this long has to think that the others have lost it, in ms. */
const FROZEN_AFTER = 4_000;

/** So many lost servers are remembered. */
const MOST_LOST = 1_000;

/** A server of the cluster. */
export interface Member {
  readonly id: string;
  readonly link: NodeLink;
  close(): void;
}

export interface MembershipOptions<Node extends Member> {
  readonly transport: NodeTransport;
  /** Another server is there; `link` leads to it. */
  readonly met: (id: string, link: NodeLink) => Node;
  /** It is there no more: what it knew of this one, and this one of it, is over. */
  readonly lost: (node: Node) => void;
  readonly received: (node: Node, kind: number, body: Buffer) => void;
  /** This server did not run, and the others have lost it: it had that id until now. */
  readonly frozen: (formerId: string) => void;
  /** It says that it is alive. */
  readonly beat: () => void;
  readonly clock?: Clock;
}

interface Known<Node> {
  readonly node: Node;
  heardAt: number;
}

/** Which servers there are. All say now and then that they are alive; nobody leads. */
export class Membership<Node extends Member> {
  readonly #options: MembershipOptions<Node>;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known<Node>>();
  /** Of servers that were lost: what they were sent is over, and so is what they sent. */
  readonly #lastGenerations = new Map<string, number>();
  #id = randomBytes(8);
  #awakeAt: number;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: MembershipOptions<Node>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#awakeAt = this.#clock.now();
    this.#listen();
  }

  /** Begins to say that this server is there. */
  start(): void {
    this.#beat();
  }

  /** Of this server, until it is frozen. */
  get id(): string {
    return this.#id.toString('hex');
  }

  get nodes(): Node[] {
    return Array.from(this.#known.values(), ({ node }) => node);
  }

  /** The others are told, and wait for nothing of this server's any more. */
  close(): void {
    if (this.#closed) return;
    for (const { node } of this.#known.values()) node.link.flush();
    this.#say(NODE_MESSAGES.leave);
    this.#closed = true;
    this.#clock.clearTimer(this.#timer);
    this.#options.transport.close();
    for (const id of [...this.#known.keys()]) this.#lose(id);
  }

  #heard(bytes: Buffer): void {
    if (this.#closed || !isFor(bytes, this.#id)) return;
    this.#wakeIfFrozen();
    const message = readNodeMessage(bytes);
    const { source, type } = message;
    if (source === this.id) return;
    if (type === NODE_MESSAGES.leave) return this.#lose(source);
    const isNews = type === NODE_MESSAGES.beat || type === NODE_MESSAGES.data;
    const known = this.#known.get(source) ?? (isNews ? this.#meet(source) : undefined);
    if (known) this.#take(known, message, bytes);
  }

  #take(known: Known<Node>, message: NodeMessage, bytes: Buffer): void {
    known.heardAt = this.#clock.now();
    if (known.node.link.receive(message, bytes)) return;
    // The other had lost this server, and has begun anew.
    this.#lose(message.source);
    this.#meet(message.source).node.link.receive(message, bytes);
  }

  #meet(id: string): Known<Node> {
    const link = new NodeLink({
      self: this.id,
      node: id,
      send: (bytes) => this.#options.transport.send(id, bytes),
      received: (kind, body) => this.#options.received(known.node, kind, body),
      lost: () => this.#lose(id),
      after: this.#lastGenerations.get(id) ?? 0,
      clock: this.#clock,
    });
    const known = { node: this.#options.met(id, link), heardAt: this.#clock.now() };
    this.#known.set(id, known);
    this.#lastGenerations.delete(id);
    return known;
  }

  #lose(id: string): void {
    const known = this.#known.get(id);
    if (!known) return;
    this.#known.delete(id);
    this.#remember(id, known.node.link.theirGeneration);
    known.node.close();
    this.#options.lost(known.node);
  }

  /** For as long as it may come back under this id. */
  #remember(id: string, generation: number): void {
    this.#lastGenerations.set(id, generation);
    const [oldest] = this.#lastGenerations.keys();
    if (this.#lastGenerations.size > MOST_LOST && oldest !== undefined) this.#lastGenerations.delete(oldest);
  }

  #beat(): void {
    this.#wakeIfFrozen();
    const now = this.#clock.now();
    this.#awakeAt = now;
    for (const [id, { heardAt }] of this.#known) if (now - heardAt > SILENT_FOR) this.#lose(id);
    this.#say(NODE_MESSAGES.beat);
    this.#options.beat();
    this.#timer = this.#clock.setTimer(() => this.#beat(), BEAT);
    (this.#timer as Partial<NodeJS.Timeout>).unref?.();
  }

  /** Then it comes back as another: the others know nothing of it any more. */
  #wakeIfFrozen(): void {
    const now = this.#clock.now();
    if (now - this.#awakeAt <= FROZEN_AFTER) return;
    this.#awakeAt = now;
    for (const id of [...this.#known.keys()]) this.#lose(id);
    const former = this.id;
    this.#id = randomBytes(8);
    this.#listen();
    this.#options.frozen(former);
    this.#options.beat();
  }

  #listen(): void {
    this.#options.transport.listen(this.id, (bytes) => this.#heard(bytes));
  }

  #say(type: NodeMessage['type']): void {
    const message = { target: EVERYBODY, source: this.id, type, generation: 0, sequence: 0 };
    this.#options.transport.send(EVERYBODY, bareMessage(message));
  }
}
