import { HEADS } from '../protocol/frame.js';
import { LARGE_PAYLOAD } from '../protocol/limits.js';
import type { P2PError } from '../protocol/p2p-error.js';
import type { Packet } from '../protocol/packet.js';
import { shapeOfType } from '../protocol/packet-shape.js';
import { Payload } from '../protocol/payload.js';
import type { FrameBuilder, PayloadPacket } from './frame-builder.js';
import type { Lane } from './lane.js';
import type { PluginPort } from './plugin-port.js';
import type { DeliverOptions, SessionPort } from './session-port.js';

export interface LanePortOptions {
  readonly lane: Lane;
  readonly builder: FrameBuilder;
  /** For what comes before the first frame. */
  readonly envelopes: PluginPort;
  readonly closed: () => void;
}

/** The way to a client that reads frames. */
export class LanePort implements SessionPort {
  readonly lane: Lane;
  readonly #options: LanePortOptions;

  constructor(options: LanePortOptions) {
    this.lane = options.lane;
    this.#options = options;
  }

  deliver(packet: Packet, options: DeliverOptions = {}): void {
    const { builder, envelopes } = this.#options;
    if (packet.type === 'welcome') return envelopes.deliver(packet);
    const { shared } = options;
    if (!shared && isLarge(packet)) return this.#deliverLarge(packet, options);
    if (shared) shared.whole ??= builder.whole(packet);
    const record = shared?.whole ?? builder.record(this.lane.numbers, packet);
    this.lane.append(record, whenWritten(record, options));
  }

  end(reason: P2PError | undefined): void {
    if (reason) this.deliver({ type: 'end', payload: Payload.ofError(reason) });
    this.lane.close();
    this.#options.closed();
  }

  #deliverLarge(packet: PayloadPacket, options: DeliverOptions): void {
    const { lane } = this;
    const { builder } = this.#options;
    const shape = shapeOfType(packet.type);
    let number = shape.names.length === 0 ? HEADS.whole : lane.numbers.get(shape, packet);
    if (number === undefined) {
      const definition = builder.definition(lane.numbers, shape, packet);
      lane.append(definition.record);
      number = definition.number;
    }
    const frame = builder.frame(packet, number);
    lane.appendFrame(frame, whenWritten(frame, options));
  }
}

function whenWritten({ byteLength }: Uint8Array, { queue, flushed }: DeliverOptions): (() => void) | undefined {
  return queue ? queue.count(byteLength) : flushed;
}

function isLarge(packet: Packet): packet is PayloadPacket {
  return 'payload' in packet && packet.payload.isAtLeast(LARGE_PAYLOAD);
}
