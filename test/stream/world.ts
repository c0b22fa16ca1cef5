import { type Link, type LinkReceiver, type LinkState, linkDown } from '../../src/peer/link.js';
import { NO_SERVICES } from '../../src/peer/no-services.js';
import { PeerEngine } from '../../src/peer/peer-engine.js';
import type { StreamRequest } from '../../src/peer/peer-handler.js';
import { type Envelope, readEnvelope, readFromClient, writeEnvelope } from '../../src/protocol/envelope.js';
import { type P2PError, toP2PError } from '../../src/protocol/p2p-error.js';
import type { Packet } from '../../src/protocol/packet.js';
import { Payload } from '../../src/protocol/payload.js';
import type { Session } from '../../src/server/session.js';
import { ManualClock } from '../support/manual-clock.js';
import { testSessions } from '../support/sessions.js';
import { Ledger } from './ledger.js';

/** What the server has for a client and has not written out. */
interface Queued {
  readonly envelope: Envelope;
  readonly packet: Packet;
  readonly flushed: (() => void) | undefined;
}

/** A client and its connection: three queues, which move when a test says so. */
export class Client implements Link {
  readonly maxPayload = 1_000_000;
  readonly id: string;
  readonly session: Session;
  readonly engine: PeerEngine;
  /** On the way to the server. */
  readonly up: Envelope[] = [];
  /** In the server. */
  readonly queued: Queued[] = [];
  /** On the way to the client. */
  readonly down: Envelope[] = [];
  readonly isFinal = false;
  state: LinkState = 'up';
  problem: P2PError | undefined;
  readonly #world: World;
  #receiver: LinkReceiver | undefined;

  constructor(world: World, id: string) {
    this.id = id;
    this.#world = world;
    this.session = world.sessions.host(id, {
      deliver: (packet, { flushed } = {}) => {
        world.ledger.delivered(this.session, packet);
        this.queued.push({ envelope: writeEnvelope(packet), packet, flushed });
      },
      end: () => {},
    });
    const nobody = () => {};
    this.engine = new PeerEngine(
      this,
      {
        message: nobody,
        pairAsked: nobody,
        pairEnded: nobody,
        peerGone: nobody,
        failed: nobody,
        ...NO_SERVICES,
        streamAsked: (request) => world.asked(this, request),
      },
      world.clock,
    );
  }

  checkSize(): void {}

  open(receiver: LinkReceiver): void {
    this.#receiver = receiver;
  }

  send(packet: Packet): void {
    if (this.problem) throw this.problem;
    this.#world.sent(this, packet);
    this.up.push(writeEnvelope(packet));
  }

  /** The oldest packet reaches the server. */
  deliverUp(): boolean {
    const envelope = this.up.shift();
    if (!envelope) return false;
    const { sessions, ledger } = this.#world;
    try {
      const packet = readFromClient(...envelope);
      ledger.handling(packet);
      sessions.router.handle(this.session, packet);
      ledger.handled(this.session, packet);
    } catch (error) {
      this.session.deliver({ type: 'error', payload: Payload.ofError(toP2PError(error)) });
    }
    return true;
  }

  /** The server writes out what is oldest. */
  flush(): boolean {
    const oldest = this.queued.shift();
    if (!oldest) return false;
    this.down.push(oldest.envelope);
    this.#world.ledger.flushed(this.session, oldest.packet);
    oldest.flushed?.();
    return true;
  }

  /** The oldest packet reaches the client. */
  deliverDown(): boolean {
    const envelope = this.down.shift();
    if (!envelope) return false;
    const packet = readEnvelope(...envelope);
    this.#world.arriving(this, packet);
    this.#receiver?.receive(packet);
    return true;
  }

  disconnect(): void {
    if (this.problem) return;
    this.#world.sessions.end(this.session);
    for (const line of [this.up, this.queued, this.down]) line.length = 0;
    this.problem = linkDown();
    this.state = 'down';
    this.#receiver?.linkDown(this.problem);
  }
}

/** Whoever looks on at what the clients send and get. */
export interface Witness {
  sent(client: Client, packet: Packet): void;
  arriving(client: Client, packet: Packet): void;
  asked(client: Client, request: StreamRequest): void;
}

/** The real server and real engines; a network that is queues, and time that passes when a test says so. */
export class World {
  readonly clock = new ManualClock();
  readonly ledger = new Ledger();
  /** What the server could not handle. */
  readonly failures: unknown[] = [];
  readonly clients: readonly Client[];
  readonly sessions = testSessions({ logError: (_message, error) => this.failures.push(error) });
  readonly #witness: Witness;

  constructor(ids: readonly string[], witness: Witness) {
    this.#witness = witness;
    this.clients = ids.map((id) => new Client(this, id));
    for (const { session } of this.clients) this.ledger.open(session);
  }

  sent(client: Client, packet: Packet): void {
    this.#witness.sent(client, packet);
  }

  arriving(client: Client, packet: Packet): void {
    this.#witness.arriving(client, packet);
  }

  asked(client: Client, request: StreamRequest): void {
    this.#witness.asked(client, request);
  }

  /** Moves everything that is on its way. @returns whether there was anything */
  deliverAll(): boolean {
    let moved = false;
    for (const client of this.clients) {
      while (client.deliverUp()) moved = true;
      while (client.flush()) moved = true;
      while (client.deliverDown()) moved = true;
    }
    return moved;
  }
}
