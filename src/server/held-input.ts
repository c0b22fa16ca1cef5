import { internalsOf, receive } from './connection.js';
import { cutOff } from './hang-up.js';
import type { RawServerSocket } from './raw-server.js';

/** More than this is not held, but for the first, in bytes: who sends by HTTP cannot be stopped. */
const MOST = 4_194_304;

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

  /** @returns whether it is held */
  take(data: unknown): boolean {
    if (!this.#data) return false;
    this.#bytes += typeof data === 'string' ? data.length : ((data as Partial<Uint8Array>).byteLength ?? 0);
    if (this.#data.push(data) > 1 && this.#bytes > MOST) {
      this.#data = [];
      cutOff(this.#socket.conn);
    }
    return true;
  }

  /** It goes on; as far as nothing in it makes the rest wait again. */
  end(): void {
    const data = this.#data ?? [];
    const { readyState, transport } = internalsOf(this.#socket.conn);
    this.#data = undefined;
    if (readyState !== 'open') return;
    transport.socket?.resume?.();
    for (const each of data) receive(this.#socket, each);
  }
}
