import { checkEvent, checkPeer } from '../protocol/check-names.js';
import { Payload } from '../protocol/payload.js';
import { splitAck } from './call-arguments.js';
import type { CallSettings } from './call-settings.js';
import type { PeerEngine } from './peer-engine.js';
import { type Callback, settleCallback } from './settle-callback.js';

/** An event for one client, as it was given: a function in last place is the ack. */
export interface OutgoingMessage {
  readonly target: string;
  readonly event: string;
  readonly rest: readonly unknown[];
}

/**
 * CM-2: sends an event to one client; the ack gets its answer.
 * @throws P2PError `INVALID_ARGUMENT`, `EVENT_RESERVED`, `PAYLOAD_TOO_LARGE`
 */
export function sendMessage(
  engine: PeerEngine,
  settings: CallSettings,
  { target, event, rest }: OutgoingMessage,
): void {
  checkPeer(target);
  checkEvent(event);
  const { args, ack } = splitAck<Callback>(rest);
  const payload = Payload.encode(args);
  const { deadline } = settings;
  if (!ack) return engine.message(target, event, payload, deadline);
  const answer = engine.request(target, event, payload, deadline).then((reply) => reply.args);
  settleCallback(answer, ack, settings);
}
