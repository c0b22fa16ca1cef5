import type { Link, LinkReceiver, LinkState } from '../peer/link.js';
import { linkDown } from '../peer/link.js';
import { readEnvelope, writeEnvelope } from '../protocol/envelope.js';
import { ENVELOPE_EVENT } from '../protocol/event-names.js';
import { PROTOCOL_VERSION } from '../protocol/handshake.js';
import { isWireError, P2PError, readWireError, toP2PError } from '../protocol/p2p-error.js';
import type { Packet, PacketOf } from '../protocol/packet.js';
import type { Payload } from '../protocol/payload.js';
import { announce, createSecret } from './announce.js';
import { forgetConnection, type RawSocket, sendEvent } from './raw-socket.js';
import { RefusalRetry } from './refusal-retry.js';
import { stickyListeners } from './sticky-listeners.js';

/** What a packet needs around its payload, at most, in bytes. */
const HEADER_ALLOWANCE = 4_096;

/** The Link of a client: packets as envelope events of a `socket.io-client` socket. */
export class SocketIoLink implements Link {
  readonly isFinal = false;
  readonly #socket: RawSocket;
  readonly #clientId: string;
  readonly #secret = createSecret();
  readonly #retry: RefusalRetry;
  readonly #failed: (error: P2PError) => void;
  #receiver: LinkReceiver | undefined;
  #welcomed = false;
  /** The server ended the session on a socket that is still connected. */
  #ended = false;
  /** It was up and is lost, until it is connected again; or nobody tries to connect, until somebody does. */
  #given: 'lost' | 'closed' | undefined;
  #problem: P2PError | undefined;
  #maxPayload = Number.POSITIVE_INFINITY;

  constructor(socket: RawSocket, clientId: string, failed: (error: P2PError) => void) {
    this.#socket = socket;
    this.#clientId = clientId;
    this.#failed = failed;
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
    const identity = { clientId: this.#clientId, secret: this.#secret };
    const announcement = announce(socket, identity, (error) => {
      this.#refused(error);
      socket.disconnect();
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

  checkSize({ encoded }: Payload): void {
    this.#checkSize(encoded.data);
  }

  send(packet: Packet): void {
    if (this.state !== 'up') throw this.#problem ?? linkDown();
    const [data, header] = writeEnvelope(packet);
    this.#checkSize(data);
    sendEvent(this.#socket, ENVELOPE_EVENT, [data, header]);
  }

  #sayHello(): void {
    const hello: Packet = {
      type: 'hello',
      clientId: this.#clientId,
      version: PROTOCOL_VERSION,
      secret: this.#secret,
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
    if (packet.type === 'welcome') this.#welcome(packet);
    else if (packet.type === 'end') this.#refused(packet.payload.error);
    else if (this.#welcomed) this.#receiver?.receive(packet);
  }

  #welcome({ clientId, maxPayload }: PacketOf<'welcome'>): void {
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
    this.#receiver?.linkUp();
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
    this.#given = given;
    this.#receiver?.linkDown(error);
  }

  /** @throws P2PError `PAYLOAD_TOO_LARGE`: the server would close the connection instead. */
  #checkSize(data: unknown): void {
    const room = this.maxPayload;
    const size = typeof data === 'string' ? sizeOfString(data, room) : this.#sizeOfBytes(data);
    if (size <= room) return;
    throw new P2PError('PAYLOAD_TOO_LARGE', `The server takes at most ${this.#maxPayload} bytes at once`, {
      details: { limit: this.#maxPayload, size },
    });
  }

  /** Everything but a websocket may carry bytes as base64. */
  #sizeOfBytes(data: unknown): number {
    if (!(data instanceof Uint8Array)) return 0;
    return this.#socket.io.engine.transport?.name === 'websocket'
      ? data.byteLength
      : Math.ceil(data.byteLength / 3) * 4;
  }
}

/** Size of a string inside JSON, in bytes; counted only when a bound of 6 bytes a character does not do. */
function sizeOfString(data: string, enough: number): number {
  return data.length * 6 <= enough ? data.length : new TextEncoder().encode(JSON.stringify(data)).byteLength;
}
