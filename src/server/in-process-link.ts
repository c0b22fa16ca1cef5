import { type Link, type LinkReceiver, type LinkState, linkDown } from '../peer/link.js';
import type { P2PError } from '../protocol/p2p-error.js';
import type { ClientPacket, Packet } from '../protocol/packet.js';

/** The Link of an engine that the server hosts: a call to the router and back. */
export class InProcessLink implements Link {
  readonly maxPayload = Number.POSITIVE_INFINITY;
  readonly #toRouter: (packet: ClientPacket) => void;
  #receiver: LinkReceiver | undefined;
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
    // An engine sends nothing that only a router may.
    this.#toRouter(packet as ClientPacket);
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
