import type { Link, LinkReceiver, LinkState } from '../../src/peer/link.js';
import { linkDown } from '../../src/peer/link.js';
import { readEnvelope, writeEnvelope } from '../../src/protocol/envelope.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import type { Packet } from '../../src/protocol/packet.js';

/** A Link without a network: a test is its other end. Packets cross it as on the wire. */
export class MemoryLink implements Link {
  state: LinkState = 'waiting';
  problem: P2PError | undefined;
  readonly isFinal = false;
  readonly maxPayload = 1_000_000;
  /** What the engine has sent and the test has not taken yet. */
  readonly sent: Packet[] = [];
  #receiver: LinkReceiver | undefined;

  open(receiver: LinkReceiver): void {
    this.#receiver = receiver;
  }

  checkSize(): void {}

  send(packet: Packet): void {
    if (this.state !== 'up') throw this.problem ?? linkDown();
    this.sent.push(readEnvelope(...writeEnvelope(packet)));
  }

  up(): void {
    this.state = 'up';
    this.problem = undefined;
    this.#receiver?.linkUp();
  }

  down(error: P2PError = linkDown()): void {
    this.state = 'down';
    this.problem = error;
    this.#receiver?.linkDown(error);
  }

  /** Hands a packet to the engine, as the router would. */
  deliver(packet: Packet): void {
    this.#receiver?.receive(readEnvelope(...writeEnvelope(packet)));
  }

  /** Takes the oldest packet that was sent, and expects it to be of this type. */
  take<T extends Packet['type']>(type: T): Extract<Packet, { type: T }> {
    const packet = this.sent.shift();
    if (packet?.type !== type) throw new Error(`Expected ${type}, got ${packet?.type ?? 'nothing'}`);
    return packet as Extract<Packet, { type: T }>;
  }
}
