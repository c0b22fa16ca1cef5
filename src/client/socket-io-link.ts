import type { Link, LinkReceiver, LinkState } from '../peer/link.js';
import { linkDown } from '../peer/peer-engine.js';
import { readEnvelope, writeEnvelope } from '../protocol/envelope.js';
import { ENVELOPE_EVENT } from '../protocol/event-names.js';
import { PROTOCOL_VERSION } from '../protocol/handshake.js';
import { isWireError, P2PError, readWireError } from '../protocol/p2p-error.js';
import type { Packet, PacketOf } from '../protocol/packet.js';
import { announce, createSecret } from './announce.js';
import { type RawSocket, sendEvent } from './raw-socket.js';
import { RefusalRetry } from './refusal-retry.js';
import { stickyListeners } from './sticky-listeners.js';

/** What a packet needs around its payload, at most, in bytes. */
const HEADER_ALLOWANCE = 4_096;

/** The Link of a client: packets as envelope events of a `socket.io-client` socket. */
export class SocketIoLink implements Link {
  readonly #socket: RawSocket;
  readonly #clientId: string;
  readonly #secret = createSecret();
  readonly #retry: RefusalRetry;
  readonly #failed: (error: P2PError) => void;
  #receiver: LinkReceiver | undefined;
  #welcomed = false;
  /** A link that was up and is lost stays down until the socket is connected again. */
  #wasUp = false;
  #closed = false;
  /** The server ended the session on a socket that is still connected. */
  #ended = false;
  #problem: P2PError | undefined;
  #maxPayload = Number.POSITIVE_INFINITY;

  constructor(socket: RawSocket, clientId: string, failed: (error: P2PError) => void) {
    this.#socket = socket;
    this.#clientId = clientId;
    this.#failed = failed;
    this.#retry = new RefusalRetry(socket, () => this.#close());
  }

  get state(): LinkState {
    if (this.#welcomed) return 'up';
    if (this.#socket.connected) return this.#ended ? 'down' : 'waiting';
    if (this.#wasUp) return 'down';
    return this.#closed && !this.#socket.active ? 'down' : 'waiting';
  }

  get problem(): P2PError | undefined {
    if (this.#problem || !this.#socket.connected || this.#welcomed) return this.#problem;
    return linkDown('The server has sent no welcome: does it use p2pServerPlugin on this namespace?');
  }

  open(receiver: LinkReceiver): void {
    this.#receiver = receiver;
    const socket = this.#socket;
    const announcement = announce(socket, { clientId: this.#clientId, secret: this.#secret });
    stickyListeners(socket, {
      // A socket that was on its way before the plugin came has announced nothing yet.
      connect: () => !announcement.wasRead() && this.#sayHello(),
      disconnect: (reason: unknown) => this.#disconnected(reason),
      connect_error: (error: unknown) => this.#connectFailed(error),
      [ENVELOPE_EVENT]: (data: unknown, header: unknown) => this.#read(data, header),
    });
    if (socket.connected) this.#sayHello();
  }

  send(packet: Packet): void {
    if (!this.#welcomed) throw this.#problem ?? linkDown();
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
      return this.#failed(error as P2PError);
    }
    if (packet.type === 'welcome') this.#welcome(packet);
    else if (packet.type === 'end') this.#refused(packet.payload.error);
    else if (this.#welcomed) this.#receiver?.receive(packet);
  }

  #welcome({ maxPayload }: PacketOf<'welcome'>): void {
    this.#maxPayload = maxPayload;
    this.#problem = undefined;
    this.#retry.reset();
    if (this.#welcomed) return;
    this.#welcomed = true;
    this.#wasUp = true;
    this.#closed = false;
    this.#ended = false;
    this.#receiver?.linkUp();
  }

  #connectFailed(error: unknown): void {
    const { data } = error as { data?: unknown };
    if (isWireError(data)) this.#refused(readWireError(data));
    else this.#problem = linkDown(error);
  }

  /** The server will not have us: at connect, or by ending the session. */
  #refused(error: P2PError): void {
    this.#problem = error;
    this.#ended = this.#socket.connected;
    this.#goDown(error);
    this.#failed(error);
    if (error.retryable) this.#retry.schedule();
    else this.#close();
  }

  #disconnected(reason: unknown): void {
    // What ended the session says more than the disconnect that follows.
    if (!this.#ended) this.#problem = linkDown(reason);
    this.#ended = false;
    this.#goDown(this.#problem ?? linkDown(reason));
  }

  #goDown(error: P2PError): void {
    if (!this.#welcomed) return;
    this.#welcomed = false;
    this.#receiver?.linkDown(error);
  }

  /** Nobody is trying to connect any more. */
  #close(): void {
    this.#closed = true;
    // If the application connects again, it is a first connect again.
    this.#wasUp = false;
    this.#receiver?.linkDown(this.#problem ?? linkDown('closed'));
  }

  /** @throws P2PError `PAYLOAD_TOO_LARGE`: the server would close the connection instead. */
  #checkSize(data: unknown): void {
    const room = this.#maxPayload - HEADER_ALLOWANCE;
    const size = typeof data === 'string' ? sizeOfString(data, room) : data instanceof Uint8Array ? data.byteLength : 0;
    if (size <= room) return;
    throw new P2PError('PAYLOAD_TOO_LARGE', `The server takes at most ${this.#maxPayload} bytes at once`, {
      details: { limit: this.#maxPayload, size },
    });
  }
}

/** Size of a string inside JSON, in bytes; counted only when a bound of 6 bytes a character does not do. */
function sizeOfString(data: string, enough: number): number {
  return data.length * 6 <= enough ? data.length : new TextEncoder().encode(JSON.stringify(data)).byteLength;
}
