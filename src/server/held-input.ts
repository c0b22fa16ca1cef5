import { internalsOf, maxPacketOf, receive } from './connection.js';
import { cutOff, isCutOff } from './hang-up.js';
import type { RawServerSocket } from './raw-server.js';

/** So much may be held in any case, in bytes. */
const LEAST_HELD = 4_194_304;

/** What a connection receives while something before it takes several turns: it comes after that, in its order. */
export class HeldInput {
  readonly #socket: RawServerSocket;
  /** Missing: nothing is held. */
  #data: unknown[] | undefined;
  #bytes = 0;

  constructor(socket: RawServerSocket) {
    this.#socket = socket;
  }

  /** From now on it is held; a websocket reads no more meanwhile. */
  begin(): void {
    this.#data = [];
    this.#bytes = 0;
    internalsOf(this.#socket.conn).transport.socket?.pause?.();
  }

  /** Who sends by HTTP cannot be stopped, and is cut off when it is too much. @returns whether it is held */
  take(data: unknown): boolean {
    if (!this.#data) return false;
    this.#data.push(data);
    this.#bytes += typeof data === 'string' ? data.length : ((data as Partial<Uint8Array>).byteLength ?? 0);
    if (this.#bytes <= Math.max(LEAST_HELD, 2 * maxPacketOf(this.#socket.nsp))) return true;
    this.#data = [];
    cutOff(this.#socket.conn);
    return true;
  }

  /** It goes on; as far as nothing in it makes the rest wait again. */
  end(): void {
    const { conn } = this.#socket;
    const connection = internalsOf(conn);
    const data = this.#data ?? [];
    this.#data = undefined;
    // Where it is being closed, the end that the client agrees to has to be read.
    if (!isCutOff(conn)) connection.transport.socket?.resume?.();
    for (let at = 0; at < data.length && connection.readyState === 'open'; at++) {
      if (this.#data) return this.#holdAgain(data.slice(at));
      receive(this.#socket, data[at]);
    }
  }

  #holdAgain(data: readonly unknown[]): void {
    for (const each of data) this.take(each);
  }
}
