import type { Packet } from '../protocol/packet.js';
import type { Flow } from './flow.js';
import type { DeliverOptions } from './session-port.js';

/** One end of a relayed stream. */
export interface RelayEnd<Session> {
  readonly session: Session;
  /** The number by which its client knows the stream. */
  readonly id: number;
  /** What this end receives. */
  readonly inflow: Flow;
  readonly other: () => RelayEnd<Session>;
  readonly deliver: (packet: Packet, options?: DeliverOptions) => void;
  /** The stream is over, at both ends. */
  readonly forget: () => void;
  /** It has sent something. */
  hasSent: boolean;
  /** Credit for this end that is kept back until it sends: streams that nobody uses take no room from the others. */
  reserved: number;
  /** It sends nothing more. */
  finished: boolean;
}
