import { DEFAULT_MAX_OBJECT_SIZE, MAX_STREAM_CHUNK, MAX_STREAM_WINDOW, MIN_STREAM_PIECE } from '../protocol/limits.js';
import { P2PError } from '../protocol/p2p-error.js';
import type { PacketOf, StreamMode } from '../protocol/packet.js';
import { EMPTY_PAYLOAD, Payload } from '../protocol/payload.js';
import { StreamEnd, type StreamPacket, type StreamPort } from '../stream/stream-end.js';
import type { AskedRequests } from './asked-requests.js';
import type { Link } from './link.js';
import type { StreamRequest } from './peer-handler.js';
import type { Deadline, OperationPlan, PendingOperations } from './pending-operations.js';
import type { StreamLimits } from './stream-limits.js';

export interface StreamPlan extends StreamLimits {
  readonly mode: StreamMode;
  /** What the acceptor is told: one argument. */
  readonly metadata: Payload;
}

export interface StreamTableOptions {
  readonly link: Link;
  readonly pending: PendingOperations;
  readonly asked: AskedRequests;
  /** Starts an operation, when the link allows. */
  readonly ask: (plan: OperationPlan) => Promise<Payload>;
  /** In ms, from any fixed moment. */
  readonly now: () => number;
}

export interface OpenedStream {
  readonly end: StreamEnd;
  /** The number by which this side knows it. */
  readonly id: number;
  /** The number by which the other side knows it. */
  readonly peerId: number;
}

interface Entry {
  readonly end: StreamEnd;
  /** The session at the other end. */
  readonly epoch: number;
}

/** The streams of one client, by the numbers that it gave them. */
export class StreamTable {
  readonly #options: StreamTableOptions;
  readonly #streams = new Map<number, Entry>();
  /** The same, by the session at the other end. */
  readonly #byEpoch = new Map<number, Set<StreamEnd>>();
  /** Those that no answer has come to yet, and what it says when it has. */
  readonly #opening = new Map<number, { readonly end: StreamEnd; peerId: number }>();

  constructor(options: StreamTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#streams.size + this.#opening.size;
  }

  /** CS-1: resolves when the other side has accepted. */
  async open(peer: string, { mode, metadata, ...limits }: StreamPlan, deadline: Deadline): Promise<OpenedStream> {
    this.#checkRoom();
    const id = this.#options.pending.takeId();
    const end = this.#create(id, { mode, ...limits });
    const credit = end.firstCredit;
    const opening = { end, peerId: 0 };
    this.#opening.set(id, opening);
    try {
      const open = { type: 'open', peer, epoch: 0, mode, credit, payload: metadata } as const;
      const packet = (_id: number, timeout: number) => ({ ...open, id, timeout });
      await this.#options.ask({ ...deadline, id, peer, answered: true, packet });
      return { end, id, peerId: opening.peerId };
    } finally {
      this.#opening.delete(id);
    }
  }

  /** The other side has accepted. It may send at once: so the stream is there before anyone waits for it. */
  opened({ peer, epoch, id, stream, credit }: PacketOf<'opened'>): void {
    const opening = this.#opening.get(id);
    if (!opening) return this.#options.link.send({ type: 'reset', stream: id, payload: Payload.ofError(givenUp()) });
    const { end } = opening;
    opening.peerId = stream;
    this.#opening.delete(id);
    this.#add(id, { end, epoch });
    end.credited(credit);
    if (!this.#options.pending.answer(peer, id, EMPTY_PAYLOAD)) end.reset(givenUp());
  }

  /** What the application answers a peer that wants to open a stream. */
  requestOf({ peer, epoch, id, timeout, mode, payload }: PacketOf<'open'>): StreamRequest {
    const { asked, pending, link } = this.#options;
    const request = asked.add({ epoch, id });
    const stream = pending.takeId();
    return {
      peer,
      peerId: id,
      id: stream,
      mode,
      metadata: payload,
      timeout,
      whenClosed: (callback) => request.whenClosed(callback),
      accept: (limits) => {
        this.#checkRoom();
        if (!request.take()) return undefined;
        const end = this.#create(stream, { mode, ...limits });
        this.#add(stream, { end, epoch });
        link.send({ type: 'opened', peer, epoch, id, stream, credit: end.firstCredit });
        return end;
      },
      reject: (error) => {
        if (request.take()) link.send({ type: 'reject', peer, epoch, id, payload: Payload.ofError(error) });
      },
    };
  }

  /** A stream of objects that goes with a call: both ends know of it by the call. */
  adopt(id: number, epoch: number): StreamEnd {
    this.#checkRoom();
    const limits = { maxWindow: MAX_STREAM_WINDOW, maxObjectSize: DEFAULT_MAX_OBJECT_SIZE };
    const end = this.#create(id, { mode: 'objects', ...limits });
    this.#add(id, { end, epoch });
    return end;
  }

  /** A packet for a stream that is over says nothing new. */
  receive(packet: StreamPacket): void {
    this.#streams.get(packet.stream)?.end.receive(packet);
  }

  peerGone(epoch: number, error: P2PError): void {
    for (const end of [...(this.#byEpoch.get(epoch) ?? [])]) end.fail(error);
  }

  linkDown(error: P2PError): void {
    for (const { end } of [...this.#streams.values()]) end.fail(error);
  }

  /** @throws P2PError `PAYLOAD_TOO_LARGE` where not even the shortest piece would pass */
  #checkRoom(): void {
    const { maxPayload } = this.#options.link;
    if (maxChunkOf(this.#options.link) >= MIN_STREAM_PIECE) return;
    throw new P2PError('PAYLOAD_TOO_LARGE', 'The server takes too little at once for a stream', {
      details: { limit: maxPayload },
    });
  }

  #create(id: number, { mode, maxWindow, maxObjectSize }: StreamLimits & { mode: StreamMode }): StreamEnd {
    const { link, now } = this.#options;
    const port: StreamPort = {
      get maxChunk() {
        return maxChunkOf(link);
      },
      send: (packet) => link.send(packet),
      over: () => this.#remove(id),
    };
    return new StreamEnd({ id, mode, maxWindow, maxObjectSize, now, port });
  }

  #add(id: number, entry: Entry): void {
    this.#streams.set(id, entry);
    const sameEpoch = this.#byEpoch.get(entry.epoch);
    if (sameEpoch) sameEpoch.add(entry.end);
    else this.#byEpoch.set(entry.epoch, new Set([entry.end]));
  }

  #remove(id: number): void {
    const entry = this.#streams.get(id);
    if (!entry) return;
    this.#streams.delete(id);
    const sameEpoch = this.#byEpoch.get(entry.epoch);
    if (sameEpoch?.delete(entry.end) && sameEpoch.size === 0) this.#byEpoch.delete(entry.epoch);
  }
}

/** Text may take three bytes a character, and binary four for three. */
function maxChunkOf({ maxPayload }: Link): number {
  return Math.min(MAX_STREAM_CHUNK, Math.floor(maxPayload / 3));
}

function givenUp(): P2PError {
  return new P2PError('ABORTED', 'The opener has given up');
}
