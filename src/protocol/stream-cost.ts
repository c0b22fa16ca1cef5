import { STREAM_PACKET_COST } from './limits.js';
import type { Payload } from './payload.js';

/**
 * What a piece of a stream takes of the credit, in bytes: its payload and an allowance for the packet around it. The
 * two ends and the router count alike; text counts as UTF-8, however it travels.
 */
export function streamCost(payload: Payload): number {
  return payload.size + STREAM_PACKET_COST;
}
