import type { Link, LinkReceiver, LinkState } from '../peer/link.js';
import { linkDown } from '../peer/link.js';
import { readEnvelope, writeEnvelope } from '../protocol/envelope.js';
import { ENVELOPE_EVENT } from '../protocol/event-names.js';
import { FRAMES_VERSION, PROTOCOL_VERSION } from '../protocol/handshake.js';
import { isWireError, P2PError, readWireError, toP2PError } from '../protocol/p2p-error.js';
import type { Packet, PacketOf } from '../protocol/packet.js';
import type { Payload } from '../protocol/payload.js';
import { utf8Length } from '../protocol/utf8.js';
import { announce, createSecret } from './announce.js';
import { ClientLane } from './client-lane.js';
import { takeFrames } from './manager-lanes.js';
import { forgetConnection, type RawSocket, sendEvent } from './raw-socket.js';
import { RefusalRetry } from './refusal-retry.js';
import { stickyListeners } from './sticky-listeners.js';

/** What a packet needs around its payload, at most, in bytes. */
const HEADER_ALLOWANCE = 4_096;

/** By how much bytes may become longer on their way: as base64, or a text within JSON. */
const MOST_LONGER = 2;

export interface SocketIoLinkOptions {
  readonly socket: RawSocket;
  readonly clientId: string;
  /** Whether packets may travel in frames. */
  readonly frames: boolean;
  readonly failed: (error: P2PError) => void;
}

/** The Link of a client: packets in frames, or as envelope events, of a `socket.io-client` socket. */
export class SocketIoLink implements Link {
  readonly isFinal = false;
  readonly #socket: RawSocket;
  readonly #clientId: string;
  readonly #secret = createSecret();
  readonly #retry: RefusalRetry;
  readonly #failed: (error: P2PError) => void;
  readonly #frames: boolean;
  #receiver: LinkReceiver | undefined;
  /** Missing: packets travel in envelopes. */
  #lane: ClientLane | undefined;
  #welcomed = false;
  /** The server ended the session on a socket that is still connected. */
  #ended = false;
  /** It was up and is lost, until it is connected again; or nobody tries to connect, until somebody does. */
  #given: 'lost' | 'closed' | undefined;
  #problem: P2PError | undefined;
  #maxPayload = Number.POSITIVE_INFINITY;

  constructor({ socket, clientId, frames, failed }: SocketIoLinkOptions) {
    this.#socket = socket;
    this.#clientId = clientId;
    this.#failed = failed;
    this.#frames = frames && takeFrames(socket);
    this.#retry = new RefusalRetry(socket, () => this.#close());
  }

  get state(): LinkState {
    const { connected, active } = this.#socket;
    if (connected) return this.#welcomed ? 'up' : this.#ended ? 'down' : 'waiting';
    if (this.#given === 'lost') return 'down';
    return this.#given === 'closed' && !active ? 'down' : 'waiting';
  }

  get problem(): P2PError | undefined {
    if (this.#problem || !this.#socket.connected || this.#welcomed) return this.#problem;
    return linkDown('The server has sent no welcome: does it use p2pServerPlugin on this namespace?');
  }

  get maxPayload(): number {
    return this.#maxPayload - HEADER_ALLOWANCE;
  }

  open(receiver: LinkReceiver): void {
    this.#receiver = receiver;
    const socket = this.#socket;
    const identity = { clientId: this.#clientId, secret: this.#secret, frames: this.#frames };
    const announcement = announce(socket, identity, {
      mismatched: (error) => {
        this.#refused(error);
        socket.disconnect();
      },
      // What the application sends comes behind what was sent before it.
      sending: () => this.#lane?.flushAll(),
    });
    stickyListeners(socket, {
      // A socket that was on its way before the plugin came has announced nothing yet.
      connect: () => !announcement.wasSent && this.#sayHello(),
      disconnect: (reason: unknown) => this.#disconnected(reason),
      connect_error: (error: unknown) => {
        // What was refused was not this client, but a socket without a name.
        if (!announcement.wasSent && !socket.active) socket.connect();
        else this.#connectFailed(error as Error);
      },
      [ENVELOPE_EVENT]: (data: unknown, header: unknown) => this.#read(data, header),
    });
    if (socket.connected) this.#sayHello();
  }

  checkSize(payload: Payload): void {
    const room = this.maxPayload;
    if (payload.mostBytes * MOST_LONGER <= room) return;
    const size = this.#sizeOf(payload);
    if (size <= room) return;
    throw new P2PError('PAYLOAD_TOO_LARGE', `The server takes at most ${this.#maxPayload} bytes at once`, {
      details: { limit: this.#maxPayload, size },
    });
  }

  send(packet: Packet): void {
    if (this.state !== 'up') throw this.#problem ?? linkDown();
    if ('payload' in packet) this.checkSize(packet.payload);
    if (this.#lane) this.#lane.send(packet);
    else sendEvent(this.#socket, ENVELOPE_EVENT, writeEnvelope(packet));
  }

  #sayHello(): void {
    const hello: Packet = {
      type: 'hello',
      clientId: this.#clientId,
      version: PROTOCOL_VERSION,
      secret: this.#secret,
      frames: this.#frames ? FRAMES_VERSION : 0,
    };
    sendEvent(this.#socket, ENVELOPE_EVENT, writeEnvelope(hello));
  }

  #read(data: unknown, header: unknown): void {
    let packet: Packet;
    try {
      packet = readEnvelope(data, header);
    } catch (error) {
      return this.#failed(toP2PError(error));
    }
    this.#take(packet);
  }

  #take(packet: Packet): void {
    if (packet.type === 'welcome') this.#welcome(packet);
    else if (packet.type === 'end') this.#refused(packet.payload.error);
    else if (this.#welcomed) this.#receiver?.receive(packet);
  }

  #welcome({ clientId, maxPayload, lane }: PacketOf<'welcome'>): void {
    if (clientId !== this.#clientId) {
      const details = { clientId: this.#clientId, elsewhere: clientId };
      return this.#refused(new P2PError('CLIENT_ID_MISMATCH', `The server knows this as "${clientId}"`, { details }));
    }
    this.#maxPayload = maxPayload;
    this.#problem = undefined;
    this.#given = undefined;
    this.#ended = false;
    this.#retry.reset();
    if (this.#welcomed) return;
    this.#welcomed = true;
    this.#lane = lane === 0 ? undefined : this.#openLane(lane);
    this.#receiver?.linkUp();
  }

  #openLane(lane: number): ClientLane {
    return new ClientLane({
      socket: this.#socket,
      lane,
      maxMessage: this.#maxPayload,
      received: (packet) => this.#take(packet),
      failed: this.#failed,
    });
  }

  #connectFailed(error: Error): void {
    const { data } = error as { data?: unknown };
    if (isWireError(data)) return this.#refused(readWireError(data));
    this.#problem = linkDown(`The server could not be reached, or refused: ${error.message}`, error);
    // A middleware of the application said no: Socket.IO tries no more.
    if (!this.#socket.active && !this.#retry.isScheduled) this.#close();
  }

  /** The server will not have us: at connect, or by ending the session. */
  #refused(error: P2PError): void {
    this.#problem = error;
    this.#ended = this.#socket.connected;
    forgetConnection(this.#socket);
    if (error.retryable) this.#retry.schedule();
    if (this.#welcomed || !this.#retry.isScheduled) this.#goDown(error, this.#retry.isScheduled ? 'lost' : 'closed');
    this.#failed(error);
  }

  #disconnected(reason: unknown): void {
    // What ended the session says more than the disconnect that follows.
    const error = (this.#ended && this.#problem) || linkDown(undefined, reason);
    this.#problem = error;
    const tries = this.#socket.active || this.#retry.isScheduled;
    if (this.#ended) this.#ended = false;
    else if (this.#welcomed || !tries) this.#goDown(error, tries ? 'lost' : 'closed');
  }

  /** Nobody is trying to connect any more. */
  #close(): void {
    this.#problem ??= linkDown();
    this.#goDown(this.#problem, 'closed');
  }

  #goDown(error: P2PError, given: 'lost' | 'closed'): void {
    this.#welcomed = false;
    this.#lane?.close();
    this.#lane = undefined;
    this.#given = given;
    this.#receiver?.linkDown(error);
  }

  /** As it will be sent, in bytes. */
  #sizeOf({ size, encoded: { data } }: Payload): number {
    if (typeof data === 'string' && !this.#lane) return sizeInJson(data);
    // Everything but a websocket may carry bytes as base64.
    return this.#socket.io.engine.transport?.name === 'websocket' ? size : Math.ceil(size / 3) * 4;
  }
}

function sizeInJson(text: string): number {
  return utf8Length(JSON.stringify(text));
}
