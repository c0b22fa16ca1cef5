import { type Link, type LinkReceiver, type LinkState, linkDown } from '../peer/link.js';
import type { P2PError } from '../protocol/p2p-error.js';
import type { ClientPacket, Packet } from '../protocol/packet.js';

/** How often one packet may be answered by another before the next waits for its turn: each takes some of the stack. */
const MAX_NESTING = 32;

/** Packets that are being passed on at this moment, of all links: they may go from one to the other. */
let nesting = 0;

/** The Link of an engine that the server hosts: a call to the router and back. */
export class InProcessLink implements Link {
  readonly isFinal = true;
  readonly maxPayload = Number.POSITIVE_INFINITY;
  readonly #toRouter: (packet: ClientPacket) => void;
  #receiver: LinkReceiver | undefined;
  #waiting: Packet[] = [];
  #problem: P2PError | undefined;

  constructor(toRouter: (packet: ClientPacket) => void) {
    this.#toRouter = toRouter;
  }

  get state(): LinkState {
    return this.#problem ? 'down' : 'up';
  }

  get problem(): P2PError | undefined {
    return this.#problem;
  }

  open(receiver: LinkReceiver): void {
    this.#receiver = receiver;
    receiver.linkUp();
  }

  checkSize(): void {}

  send(packet: Packet): void {
    if (this.#problem) throw this.#problem;
    if (this.#waiting.length > 0 || nesting >= MAX_NESTING) this.#defer(packet);
    else this.#pass(packet);
  }

  #pass(packet: Packet): void {
    nesting++;
    try {
      // An engine sends nothing that only a router may.
      this.#toRouter(packet as ClientPacket);
    } finally {
      nesting--;
    }
  }

  /** Until what is under way has come back. What follows stays behind it. */
  #defer(packet: Packet): void {
    if (this.#waiting.push(packet) > 1) return;
    queueMicrotask(() => {
      for (let next = this.#waiting[0]; next && !this.#problem; next = this.#waiting[0]) {
        this.#pass(next);
        this.#waiting.shift();
      }
      this.#waiting = [];
    });
  }

  /** What the router has for this engine. */
  receive(packet: Packet): void {
    if (!this.#problem) this.#receiver?.receive(packet);
  }

  close(reason: P2PError = linkDown()): void {
    if (this.#problem) return;
    this.#problem = reason;
    this.#receiver?.linkDown(reason);
  }
}
