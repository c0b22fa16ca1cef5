import { MAX_STREAM_WINDOW, STREAM_PACKET_COST } from '../protocol/limits.js';
import { isP2PError, P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { PacketOf, StreamMode } from '../protocol/packet.js';
import { Payload } from '../protocol/payload.js';
import { streamCost } from '../protocol/stream-cost.js';
import { Incoming, violation } from './incoming.js';
import { type Outgoing, outgoingOf } from './outgoing.js';
import { ReceiveWindow } from './receive-window.js';
import { isLeaving, streamError } from './stream-error.js';

/** What the two ends of a stream send each other. */
export type StreamPacket = PacketOf<'data' | 'part' | 'credit' | 'finish' | 'reset'>;

/** What a stream tells the one who uses it. */
export interface StreamListener {
  /** There is something to take, or the end has been reached. */
  readable(): void;
  /** It has failed, by the other end or on the way. */
  failed(error: P2PError): void;
  /** Both ends have finished, each in its direction. */
  closed(): void;
}

/** What carries the packets of a stream. */
export interface StreamPort {
  /** Largest piece that it carries, in bytes. */
  readonly maxChunk: number;
  /** @throws P2PError `LINK_DOWN`, `PAYLOAD_TOO_LARGE` */
  send(packet: StreamPacket): void;
  /** The stream is over. Called once. */
  over(): void;
}

export interface StreamEndOptions {
  /** The number by which this end knows the stream. */
  readonly id: number;
  readonly mode: StreamMode;
  /** Most credit to grant, in bytes. */
  readonly maxWindow: number;
  /** Largest object to take, in encoded bytes. */
  readonly maxObjectSize: number;
  /** In ms, from any fixed moment. */
  readonly now: () => number;
  readonly port: StreamPort;
}

/** Called when all that was written has been sent, or with the reason why it never will be. */
export type Written = (error?: P2PError) => void;

/** One end of a stream: its credit and its state, whatever carries it and whoever uses it. */
export class StreamEnd {
  readonly #options: StreamEndOptions;
  readonly #window: ReceiveWindow;
  readonly #incoming: Incoming;
  #listener: StreamListener | undefined;
  #credit = 0;
  #probe = 0;
  #outgoing: Outgoing | undefined;
  #written: Written | undefined;
  #hasWritten = false;
  #taking = false;
  #busy = false;
  #hasLeft = false;
  #finished = false;
  #peerFinished = false;
  #over = false;
  #failure: P2PError | undefined;

  constructor(options: StreamEndOptions) {
    this.#options = options;
    this.#window = new ReceiveWindow(options);
    this.#incoming = new Incoming(options);
  }

  get mode(): StreamMode {
    return this.#options.mode;
  }

  /** What the other end may send at first, in bytes. */
  get firstCredit(): number {
    return this.#window.open;
  }

  /** Nothing more will be sent or received; there may still be something to take. */
  get isOver(): boolean {
    return this.#over;
  }

  get failure(): P2PError | undefined {
    return this.#failure;
  }

  /** The other end has finished, and everything it sent has been taken. */
  get atEnd(): boolean {
    return this.#peerFinished && this.#incoming.isEmpty;
  }

  /** Whoever uses the stream; told at once what happened before. */
  attach(listener: StreamListener): void {
    this.#listener = listener;
    if (this.#failure) listener.failed(this.#failure);
    else if (!this.#incoming.isEmpty || this.#peerFinished) listener.readable();
  }

  /** Sends as credit allows: bytes, or one object. One call at a time: the next after `written`. */
  write(values: readonly unknown[], written: Written): void {
    if (this.#over || this.#finished) return written(this.#failure ?? streamEnded());
    try {
      this.#outgoing = outgoingOf(this.#options, values);
    } catch (error) {
      return written(toP2PError(error));
    }
    this.#written = written;
    this.#hasWritten = true;
    this.#pump();
  }

  /** Nothing more will be written; what was written has been sent. */
  finish(): void {
    if (this.#over || this.#finished) return;
    this.#finished = true;
    this.#send({ type: 'finish', stream: this.#options.id });
    this.#closeIfDone();
  }

  /** The next value. A malformed one resets the stream. */
  take(): { readonly value: unknown } | undefined {
    // The credit may bring more at once, where both ends are in one process: that comes behind what is being taken.
    this.#taking = true;
    try {
      const taken = this.#incoming.take();
      if (taken) this.#giveBack(taken.cost);
      return taken;
    } catch (error) {
      this.abort(toP2PError(error));
      return undefined;
    } finally {
      this.#taking = false;
    }
  }

  /**
   * As long as the promise is pending, somebody is still at work with the stream: who then has read everything and
   * leaves, has not ended it well before the work is done. Work that fails is to be followed by a reset.
   */
  async whileBusy(work: PromiseLike<unknown>): Promise<void> {
    this.#busy = true;
    await work;
    this.#busy = false;
    if (this.#hasLeft) this.finish();
  }

  /**
   * Ends it here and there, at once; what has not arrived is lost. Who has read everything to the end, never wrote, and
   * merely leaves, has left nothing undone: that is no error there.
   */
  reset(reason?: unknown): void {
    if (this.#over) return;
    if (this.atEnd && !this.#hasWritten && isLeaving(reason)) {
      this.#hasLeft = true;
      return this.#busy ? undefined : this.finish();
    }
    const error = streamError(reason);
    this.#end(error);
    this.#sendReset(error);
  }

  /** It cannot go on: both who use it here and the other end are told, where it is not over for that. */
  abort(error: P2PError): void {
    if (this.#failure) return;
    const wasOver = this.#over;
    this.#end(error, this.#listener);
    if (!wasOver) this.#sendReset(error);
  }

  /** It has failed by what happened on the way: nobody is left to be told. */
  fail(error: P2PError): void {
    if (!this.#over) this.#end(error, this.#listener);
  }

  receive(packet: StreamPacket): void {
    if (this.#over) return;
    try {
      this.#handle(packet);
    } catch (error) {
      this.abort(isP2PError(error) ? error : listenerFailed(error));
    }
  }

  /** @throws P2PError `STREAM_VIOLATION` */
  credited(credit: number, probe = this.#probe): void {
    this.#credit += credit;
    if (this.#credit > MAX_STREAM_WINDOW) throw violation(`More than ${MAX_STREAM_WINDOW} bytes of credit`);
    this.#probe = probe;
    this.#pump();
  }

  #handle(packet: StreamPacket): void {
    switch (packet.type) {
      case 'data':
      case 'part':
        return this.#arrived(packet);
      case 'credit':
        return this.credited(packet.credit, packet.probe);
      case 'finish':
        return this.#peerEnded();
      case 'reset':
        return this.fail(packet.payload.error);
    }
  }

  #arrived({ type, payload, probe }: PacketOf<'data' | 'part'>): void {
    if (this.#peerFinished) throw violation('Data after the end');
    const cost = streamCost(payload);
    if (!this.#window.arrived(cost, probe)) throw violation('Data beyond the credit');
    if (type === 'part') {
      this.#incoming.addPart(payload);
      // The application cannot take a part: waiting for that would wait for ever.
      return this.#giveBack(cost);
    }
    // Whole at last, the object counts until it is taken, so that unread ones cannot pile up.
    this.#window.taken(-this.#incoming.add(payload));
    this.#tellReadable();
  }

  #peerEnded(): void {
    if (this.#peerFinished) throw violation('It has ended twice');
    if (this.#incoming.isPartial) throw violation('It has ended within an object');
    this.#peerFinished = true;
    this.#closeIfDone();
    this.#tellReadable();
  }

  /** Who takes looks again by itself. */
  #tellReadable(): void {
    if (!this.#taking) this.#listener?.readable();
  }

  #giveBack(cost: number): void {
    this.#window.taken(cost);
    if (this.#over || this.#peerFinished) return;
    const grant = this.#window.grant();
    if (grant) this.#send({ type: 'credit', stream: this.#options.id, ...grant });
  }

  #pump(): void {
    while (this.#outgoing && !this.#outgoing.isEmpty) {
      const room = Math.min(this.#options.port.maxChunk, this.#credit - STREAM_PACKET_COST);
      const piece = this.#outgoing.cut(room);
      if (!piece) return;
      this.#credit -= streamCost(piece.payload);
      const type = piece.more ? 'part' : 'data';
      this.#send({ type, stream: this.#options.id, probe: this.#probe, payload: piece.payload });
    }
    const written = this.#written;
    this.#outgoing = undefined;
    this.#written = undefined;
    written?.();
  }

  #send(packet: StreamPacket): void {
    try {
      this.#options.port.send(packet);
    } catch (error) {
      this.abort(toP2PError(error));
    }
  }

  #sendReset(error: P2PError): void {
    try {
      this.#options.port.send({ type: 'reset', stream: this.#options.id, payload: Payload.ofError(error) });
    } catch (problem) {
      this.#sendWhyNot(toP2PError(problem));
    }
  }

  /** An error that is too large to send is no reason to leave the other end waiting. */
  #sendWhyNot(problem: P2PError): void {
    try {
      this.#options.port.send({ type: 'reset', stream: this.#options.id, payload: Payload.ofError(problem) });
    } catch {
      // The link is gone, and the other end hears of that.
    }
  }

  #closeIfDone(): void {
    if (!this.#finished || !this.#peerFinished || this.#over) return;
    this.#over = true;
    this.#options.port.over();
    this.#listener?.closed();
  }

  #end(error: P2PError, listener?: StreamListener): void {
    const wasOver = this.#over;
    const written = this.#written;
    this.#over = true;
    this.#failure = error;
    this.#incoming.clear();
    this.#outgoing = undefined;
    this.#written = undefined;
    if (!wasOver) this.#options.port.over();
    // Node tells an error once: it has to come from the stream, not from what was being written.
    listener?.failed(error);
    written?.(error);
  }
}

/** Node calls the application's listeners as data comes in. */
function listenerFailed(cause: unknown): P2PError {
  return new P2PError('HANDLER_FAILED', 'A listener of the stream failed', { cause });
}

function streamEnded(): P2PError {
  return new P2PError('STREAM_VIOLATION', 'The stream has ended');
}
