import { STREAM_PACKET_COST } from './limits.js';
import type { Payload } from './payload.js';

/**
 * What a piece of a stream takes of the credit, in bytes: its payload and an allowance for the packet around it. The
 * two ends and the router count alike; text counts by its UTF-16 units, which all of them know without encoding it.
 */
export function streamCost(payload: Payload): number {
  return payload.encoded.data.length + STREAM_PACKET_COST;
}
