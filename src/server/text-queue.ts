import type { EndOfTurn } from '../async/end-of-turn.js';
import { type ConnectionInternals, internalsOf } from './connection.js';
import { Outlet } from './outlet.js';
import type { RawServerSocket } from './raw-server.js';
import { TurnQueue } from './turn-queue.js';
import { frameTexts } from './websocket-frame.js';

/** With this much a turn's texts are written without waiting for its end, in UTF-16 units. */
const FULL = 16_384;

/** The way to one plain client for messages: those of one turn of the event loop are written together. */
export class TextQueue {
  readonly #socket: RawServerSocket;
  readonly #connection: ConnectionInternals;
  readonly #outlet: Outlet;
  readonly #texts: TurnQueue<string>;

  constructor(socket: RawServerSocket, endOfTurn: EndOfTurn) {
    this.#socket = socket;
    this.#connection = internalsOf(socket.conn);
    this.#outlet = Outlet.of(socket.conn);
    this.#texts = new TurnQueue({
      outlet: this.#outlet,
      endOfTurn,
      full: FULL,
      write: (texts) => this.#write(texts),
    });
  }

  /** A packet of Socket.IO. */
  append(text: string): void {
    this.#texts.append(text, text.length);
  }

  /** Writes what waits. */
  flush(): void {
    this.#texts.flush();
  }

  close(): void {
    this.#texts.close();
  }

  /** To a websocket as one packet of engine.io, whose frame is all of theirs in a row. */
  #write(texts: readonly string[]): void {
    if (!this.#socket.connected) return;
    if (!this.#outlet.takesFrames) {
      for (const text of texts) this.#connection.write(text, { compress: true, wsPreEncodedFrame: undefined });
      return;
    }
    const frames = frameTexts(texts);
    this.#outlet.write(frames, { compress: true, wsPreEncodedFrame: [frames] });
  }
}
