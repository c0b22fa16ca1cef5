import type { P2PError } from '../protocol/p2p-error.js';
import type { CallBody, PacketOf, StreamMode } from '../protocol/packet.js';
import { EMPTY_PAYLOAD, type Payload } from '../protocol/payload.js';
import type { StreamEnd } from '../stream/stream-end.js';
import type { Closed } from './asked-requests.js';
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
  /** @returns whether somebody still waited for it */
  reply(payload: Payload): boolean;
  reject(error: P2PError): boolean;
  /** Called when nobody waits for the answer any more: given up, the asker gone, or the link lost. */
  whenClosed(callback: Closed): void;
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
  whenClosed(callback: Closed): void;
}

/** A peer calls an API. */
export interface CallRequest extends Answer {
  readonly peer: string;
  readonly api: string;
  readonly payload: Payload;
  /** Whether items follow on the stream. */
  readonly input: CallBody;
  /** Answers by a stream, on which the result or items go out, and items may come in. It has failed where nobody waits. */
  stream(output: CallBody): StreamEnd;
}

/** A peer wants to subscribe to a topic. */
export interface SubscribeRequest {
  readonly peer: string;
  readonly epoch: number;
  /** Rises with each request of a session. */
  readonly id: number;
  readonly topic: string;
  /** Accepts, and sends what was kept for late subscribers. @returns whether somebody still waited for it */
  accept(retained: Iterable<Payload>): boolean;
  reject(error: P2PError): void;
}

/** What an engine tells the side it works for. */
export interface PeerHandler {
  message(message: IncomingMessage): void;
  /** A peer asks for a pair. */
  pairAsked(peer: string, answer: Answer): void;
  streamAsked(request: StreamRequest): void;
  callAsked(request: CallRequest): void;
  subscribeAsked(request: SubscribeRequest): void;
  /** A session has left a topic of this side. */
  unsubscribed(packet: PacketOf<'unsubscribed'>): void;
  /** The pair with `peer` is over: its session ended (`PEER_GONE`) or the own link did (`LINK_DOWN`). */
  pairEnded(peer: string, reason: 'PEER_GONE' | 'LINK_DOWN'): void;
  /** The link is up, for the first time or again. */
  linkUp(): void;
  /** The link is lost, and with it every subscription to topics of this side. */
  linkDown(): void;
  /** A session that this side has an interest in has ended: under its id another may still answer. */
  sessionGone(epoch: number): void;
  /** A peer that this side has an interest in has gone. */
  peerGone(peer: string): void;
  /** A failure that no caller waits for. */
  failed(error: P2PError): void;
}
