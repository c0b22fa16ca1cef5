import type { EndOfTurn } from '../async/end-of-turn.js';
import { type ConnectionInternals, internalsOf } from './connection.js';
import { Outlet } from './outlet.js';
import type { RawServerSocket } from './raw-server.js';
import { TurnQueue } from './turn-queue.js';
import { frameTexts } from './websocket-frame.js';

/** With this much a turn's texts are written without waiting for its end, in UTF-16 units. */
const FULL_ROW = 16_384;

/** The way to one plain client for messages: those of one turn of the event loop are written together. */
export class TextQueue extends TurnQueue<string> {
  readonly #socket: RawServerSocket;
  readonly #connection: ConnectionInternals;

  constructor(socket: RawServerSocket, endOfTurn: EndOfTurn) {
    super({ outlet: Outlet.of(socket.conn), endOfTurn, full: FULL_ROW });
    this.#socket = socket;
    this.#connection = internalsOf(socket.conn);
  }

  /** A packet of Socket.IO. */
  append(text: string): void {
    this.put(text, text.length);
  }

  protected override write(texts: readonly string[]): void {
    if (!this.#socket.connected) return;
    const { sender } = this.outlet;
    if (sender) return sender.sendFrame([frameTexts(texts)]);
    for (const text of texts) this.#connection.write(text, { compress: true, wsPreEncodedFrame: undefined });
  }
}
