import { HEADS } from '../protocol/frame.js';
import { LARGE_PAYLOAD } from '../protocol/limits.js';
import type { P2PError } from '../protocol/p2p-error.js';
import type { Packet } from '../protocol/packet.js';
import { shapeOfType } from '../protocol/packet-shape.js';
import { Payload } from '../protocol/payload.js';
import type { ConnectionTap } from './connection-tap.js';
import type { FrameBuilder, PayloadPacket } from './frame-builder.js';
import type { Lane } from './lane.js';
import type { PluginPort } from './plugin-port.js';
import type { DeliverOptions, SessionPort } from './session-port.js';

export interface LanePortOptions {
  readonly lane: Lane;
  readonly builder: FrameBuilder;
  /** For what comes before the first frame. */
  readonly envelopes: PluginPort;
  /** Where it has been opened. */
  readonly tap: Pick<ConnectionTap, 'closeLane'>;
}

/** The way to a client that reads frames. */
export class LanePort implements SessionPort {
  readonly lane: Lane;
  readonly #builder: FrameBuilder;
  readonly #envelopes: PluginPort;
  readonly #tap: LanePortOptions['tap'];

  constructor({ lane, builder, envelopes, tap }: LanePortOptions) {
    this.lane = lane;
    this.#builder = builder;
    this.#envelopes = envelopes;
    this.#tap = tap;
  }

  deliver(packet: Packet, options: DeliverOptions = {}): void {
    const { shared } = options;
    if (shared) {
      shared.whole ??= this.#builder.whole(packet);
      return this.lane.append(shared.whole, options);
    }
    if (packet.type === 'welcome') return this.#envelopes.deliver(packet);
    if (isLarge(packet)) return this.#deliverLarge(packet, options);
    this.lane.append(this.#builder.record(this.lane.numbers, packet), options);
  }

  end(reason: P2PError | undefined): void {
    if (reason) this.deliver({ type: 'end', payload: Payload.ofError(reason) });
    this.lane.close();
    this.#tap.closeLane(this.lane.number);
  }

  #deliverLarge(packet: PayloadPacket, options: DeliverOptions): void {
    const { lane } = this;
    const builder = this.#builder;
    const shape = shapeOfType(packet.type);
    let number = shape.names.length === 0 ? HEADS.whole : lane.numbers.get(shape, packet);
    if (number === undefined) {
      const definition = builder.definition(lane.numbers, shape, packet);
      lane.append(definition.record);
      number = definition.number;
    }
    lane.appendFrame(builder.frame(packet, number), options);
  }
}

function isLarge(packet: Packet): packet is PayloadPacket {
  return 'payload' in packet && packet.payload.isAtLeast(LARGE_PAYLOAD);
}
