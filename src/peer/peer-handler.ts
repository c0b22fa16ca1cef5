import type { P2PError } from '../protocol/p2p-error.js';
import type { StreamMode } from '../protocol/packet.js';
import { EMPTY_PAYLOAD, type Payload } from '../protocol/payload.js';
import type { StreamEnd } from '../stream/stream-end.js';
import type { StreamLimits } from './stream-limits.js';

/** A message that a peer sent, its sender stamped by the router. */
export interface IncomingMessage {
  readonly peer: string;
  readonly event: string;
  readonly payload: Payload;
  /** Missing when the sender wants no answer. */
  readonly answer?: Answer;
}

/** Answers a request: the first call counts, and both do nothing once the link is lost. */
export interface Answer {
  /** Time that was left when the request was sent on, in ms. */
  readonly timeout: number;
  reply(payload: Payload): void;
  reject(error: P2PError): void;
  /** Called when nobody waits for the answer any more: given up, the asker gone, or the link lost. */
  whenClosed(callback: () => void): void;
}

/** The answer to being asked for a pair: yes. */
export function acceptPair(answer: Answer): void {
  answer.reply(EMPTY_PAYLOAD);
}

/** A peer wants to open a stream. */
export interface StreamRequest {
  readonly peer: string;
  /** The number by which the peer knows the stream. */
  readonly peerId: number;
  /** The number by which this side will know it. */
  readonly id: number;
  readonly mode: StreamMode;
  /** What the opener has to say about it: one argument. */
  readonly metadata: Payload;
  /** Time that was left when the request was sent on, in ms. */
  readonly timeout: number;
  /** @returns this side's end, or nothing where nobody waits for it any more */
  accept(limits: StreamLimits): StreamEnd | undefined;
  reject(error: P2PError): void;
  /** Called when nobody waits for the answer any more. */
  whenClosed(callback: () => void): void;
}

/** What an engine tells the side it works for. */
export interface PeerHandler {
  message(message: IncomingMessage): void;
  /** A peer asks for a pair. */
  pairAsked(peer: string, answer: Answer): void;
  streamAsked(request: StreamRequest): void;
  /** The pair with `peer` is over: its session ended (`PEER_GONE`) or the own link did (`LINK_DOWN`). */
  pairEnded(peer: string, reason: 'PEER_GONE' | 'LINK_DOWN'): void;
  /** A session that this side has an interest in has ended. */
  peerGone(peer: string): void;
  /** A failure that no caller waits for. */
  failed(error: P2PError): void;
}
