import type { P2PError } from '../protocol/p2p-error.js';
import type { Packet } from '../protocol/packet.js';
import type { EncodedEvent } from './event-writer.js';
import type { Lane, WrittenOptions } from './lane.js';

/** What one packet looks like on the wire, kept while it goes to many. */
export interface SharedEncodings {
  plugin?: EncodedEvent;
  /** As a record that says everything. */
  whole?: Uint8Array;
  plain?: EncodedEvent;
}

export type DeliverOptions = WrittenOptions & {
  readonly shared?: SharedEncodings | undefined;
  /** The session that sends a message, as several may have its id. */
  readonly sender?: object;
};

/** How packets get from the router to one kind of client. */
export interface SessionPort {
  /** Where packets travel in frames. */
  readonly lane?: Lane;
  /** @throws P2PError when this client cannot be sent the packet; its sender is told. */
  deliver(packet: Packet, options?: DeliverOptions): void;
  /** The session is over; the client is told why, where there is a reason to tell. */
  end(reason: P2PError | undefined): void;
}
