import type { PeerEngine } from '../peer/peer-engine.js';
import type { StreamRequest } from '../peer/peer-handler.js';
import { isBytes } from '../protocol/argument-shape.js';
import { STREAM_EVENTS } from '../protocol/event-names.js';
import {
  DEFAULT_MAX_OBJECT_SIZE,
  DEFAULT_TIMEOUT,
  MAX_SESSION_INFLOW,
  MIN_STREAM_WINDOW,
  STREAM_PACKET_COST,
} from '../protocol/limits.js';
import { P2PError, toP2PError } from '../protocol/p2p-error.js';
import {
  readPlainChunk,
  readPlainCreateStream,
  readPlainDestroy,
  readPlainStreamId,
} from '../protocol/plain-bodies.js';
import type { StreamEnd } from '../stream/stream-end.js';
import { PlainStream, type PlainStreamPort } from './plain-stream.js';

/** As much as is worth having for one chunk under way at a time. */
const LIMITS = { maxWindow: MIN_STREAM_WINDOW, maxObjectSize: DEFAULT_MAX_OBJECT_SIZE };

/** Which stream joins whom; each side has a number of its own for it (SS-1). */
export interface ConnectionInfo {
  readonly sourceClientId: string;
  readonly targetClientId: string;
  readonly sourceStreamId: number;
  readonly targetStreamId: number;
}

export interface PlainStreamsOptions extends PlainStreamPort {
  readonly clientId: string;
  readonly engine: PeerEngine;
}

/** The streams of a client without the plugin: one chunk, one acknowledgement. `PROTOCOL.md` § Plain streams. */
export class PlainStreams {
  readonly #options: PlainStreamsOptions;
  readonly #streams = new Map<number, PlainStream>();
  /** Bytes of chunks that wait for credit here. */
  #waiting = 0;

  constructor(options: PlainStreamsOptions) {
    this.#options = options;
  }

  /** The client opens one. `told` is called before anything comes on it: the client has to know its number by then. */
  open(body: unknown, told: (connectionInfo: ConnectionInfo) => void): Promise<void> {
    return this.#open(readPlainCreateStream(body), told);
  }

  async #open(
    { targetClientId, mode, metadata }: ReturnType<typeof readPlainCreateStream>,
    told: (connectionInfo: ConnectionInfo) => void,
  ): Promise<void> {
    const { engine, clientId } = this.#options;
    const deadline = { timeout: DEFAULT_TIMEOUT, signal: undefined };
    const { end, id, peerId } = await engine.openStream(targetClientId, { mode, metadata, ...LIMITS }, deadline);
    told({ sourceClientId: clientId, targetClientId, sourceStreamId: id, targetStreamId: peerId });
    this.#add(id, end);
  }

  /** A peer opens one: to acknowledge is to accept. */
  asked(request: StreamRequest): void {
    const { clientId, ask } = this.#options;
    const { id } = request;
    const connectionInfo: ConnectionInfo = {
      sourceClientId: request.peer,
      targetClientId: clientId,
      sourceStreamId: request.peerId,
      targetStreamId: id,
    };
    try {
      const [metadata] = request.metadata.args;
      const body = { connectionInfo, objectMode: request.mode === 'objects', metadata };
      const question = { event: STREAM_EVENTS.create, args: [body], timeout: request.timeout };
      request.whenClosed(ask(question, (outcome) => this.#answered(request, id, outcome)));
    } catch (error) {
      request.reject(toP2PError(error));
    }
  }

  /** Settles when there was credit for it. */
  chunk(body: unknown): Promise<void> {
    return this.#write(readPlainChunk(body));
  }

  async #write({ streamId, chunk }: ReturnType<typeof readPlainChunk>): Promise<void> {
    const stream = this.#get(streamId);
    const size = sizeOf(chunk);
    this.#waiting += size;
    try {
      const written = stream.write(chunk);
      if (this.#waiting > MAX_SESSION_INFLOW) stream.destroy(tooManyWaiting());
      await written;
    } finally {
      this.#waiting -= size;
    }
  }

  /** The router has passed on a piece: it has left the server when the client has acknowledged all that came so far. */
  arrived(id: number, flushed: () => void): void {
    const stream = this.#streams.get(id);
    if (stream) stream.whenTaken(flushed);
    else flushed();
  }

  /** The session is over: nobody acknowledges any more. */
  close(): void {
    for (const stream of this.#streams.values()) stream.close();
    this.#streams.clear();
  }

  finish(body: unknown): Promise<void> {
    return this.#get(readPlainStreamId(body)).finish();
  }

  destroy(body: unknown): void {
    const { streamId, error } = readPlainDestroy(body);
    this.#get(streamId).destroy(error);
  }

  #answered(request: StreamRequest, id: number, outcome: readonly unknown[] | P2PError): void {
    const refusal = outcome instanceof P2PError ? outcome : refusalIn(outcome[0]);
    if (refusal) return request.reject(refusal);
    const end = request.accept(LIMITS);
    if (end) this.#add(id, end);
  }

  #add(id: number, end: StreamEnd): void {
    const stream = new PlainStream({ id, end, port: this.#options, over: () => this.#streams.delete(id) });
    this.#streams.set(id, stream);
    stream.start();
  }

  #get(id: number): PlainStream {
    const stream = this.#streams.get(id);
    if (stream) return stream;
    throw new P2PError('STREAM_NOT_FOUND', 'There is no such stream', { details: { stream: id } });
  }
}

function sizeOf(chunk: unknown): number {
  return typeof chunk === 'string' ? chunk.length : isBytes(chunk) ? chunk.byteLength : STREAM_PACKET_COST;
}

function tooManyWaiting(): P2PError {
  return new P2PError('QUEUE_FULL', `More than ${MAX_SESSION_INFLOW} bytes wait for credit`);
}

/** `{error: {message?}}` refuses. */
function refusalIn(answer: unknown): P2PError | undefined {
  const { error } = (answer ?? {}) as { error?: unknown };
  if (!error) return undefined;
  const { message } = error as { message?: unknown };
  return new P2PError('STREAM_REFUSED', typeof message === 'string' ? message : 'The stream was refused');
}
