import type { P2PError } from '../protocol/p2p-error.js';
import type { Packet } from '../protocol/packet.js';
import type { Edge } from './edge.js';
import { Inflow } from './flow.js';
import type { RawServerSocket } from './raw-server.js';
import type { RelayEnd } from './relay-end.js';
import type { DeliverOptions, SessionPort } from './session-port.js';

export interface SessionOptions {
  readonly clientId: string;
  readonly epoch: number;
  /** Missing: the server itself holds the id. */
  readonly socket: RawServerSocket | undefined;
  /** What a plugin client can replace this session with; a plain client has none. */
  readonly secret: string | undefined;
}

/** A client's turn of holding its id. Whatever is kept for a client hangs off it and goes with it. */
export class Session {
  readonly clientId: string;
  readonly epoch: number;
  readonly socket: RawServerSocket | undefined;
  readonly secret: string | undefined;
  /** Interest edges to other sessions. */
  readonly edges = new Map<Session, Edge>();
  /** Ids of absent clients whose next session this one wants to see end. */
  readonly absentWatches = new Set<string>();
  /** Its streams, by its own numbers for them. */
  readonly streams = new Map<number, RelayEnd>();
  /** The stream data on its way to it. */
  readonly inflow = new Inflow();
  #port: SessionPort | undefined;
  #atEnd: Set<() => void> | undefined;
  #ended = false;

  constructor({ clientId, epoch, socket, secret }: SessionOptions) {
    this.clientId = clientId;
    this.epoch = epoch;
    this.socket = socket;
    this.secret = secret;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get port(): SessionPort | undefined {
    return this.#port;
  }

  attach(port: SessionPort): void {
    this.#port = port;
  }

  /** @throws P2PError when this client cannot be sent the packet */
  deliver(packet: Packet, options?: DeliverOptions): void {
    this.#port?.deliver(packet, options);
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
