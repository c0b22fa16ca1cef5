import { Fifo } from '../async/fifo.js';
import { whenDone } from '../async/later.js';
import { P2PError } from '../protocol/p2p-error.js';
import type { ClientPacket } from '../protocol/packet.js';
import { payloadSize } from './conduct.js';
import type { Permission } from './permission.js';
import type { Router } from './router.js';
import type { Session } from './session.js';

/** Packets of one client that wait for an answer about an earlier one. */
const MAX_WAITING = 1_000;

/** The same in bytes; of text, UTF-16 code units. */
const MAX_WAITING_BYTES = 4 * 1_048_576;

/** The packets of one client, while it is being decided about the one before them. */
class WaitingPackets {
  readonly #packets = new Fifo<ClientPacket>();
  #bytes = 0;

  /** @throws P2PError `RATE_LIMITED` */
  push(packet: ClientPacket): void {
    const bytes = payloadSize(packet);
    if (this.#packets.size >= MAX_WAITING || this.#bytes + bytes > MAX_WAITING_BYTES) {
      throw new P2PError('RATE_LIMITED', 'Too much waits for the server to decide about it');
    }
    this.#bytes += bytes;
    this.#packets.push(packet);
  }

  shift(): ClientPacket | undefined {
    const packet = this.#packets.shift();
    if (packet) this.#bytes -= payloadSize(packet);
    return packet;
  }
}

/** Lets through to the router what is permitted. What a client sends stays in its order, also where answers take time. */
export class PermissionGate {
  readonly #router: Router;
  readonly #permission: Permission;
  readonly #waiting = new WeakMap<Session, WaitingPackets>();

  constructor(router: Router, permission: Permission) {
    this.#router = router;
    this.#permission = permission;
  }

  handle(sender: Session, packet: ClientPacket): void {
    if (sender.ended) return;
    const waiting = this.#waiting.get(sender);
    if (!waiting) return void this.#decide(sender, packet);
    try {
      waiting.push(packet);
    } catch (error) {
      this.#router.refuse(sender, packet, error);
    }
  }

  /** @returns whether it is decided already */
  #decide(sender: Session, packet: ClientPacket): boolean {
    let isDecided = false;
    let isLate = false;
    const decided = (act: () => void) => {
      isDecided = true;
      if (!sender.ended) act();
      if (isLate) this.#goOn(sender);
    };
    whenDone(
      () => this.#permission.check(sender, packet),
      () => decided(() => this.#router.handle(sender, packet)),
      (error) => decided(() => this.#router.refuse(sender, packet, error)),
    );
    isLate = !isDecided;
    if (isLate && !this.#waiting.has(sender)) this.#waiting.set(sender, new WaitingPackets());
    return isDecided;
  }

  #goOn(sender: Session): void {
    const waiting = this.#waiting.get(sender);
    for (let next = waiting?.shift(); next; next = waiting?.shift()) {
      if (!this.#decide(sender, next)) return;
    }
    this.#waiting.delete(sender);
  }
}
