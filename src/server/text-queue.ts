import type { EndOfTurn } from '../async/end-of-turn.js';
import { type ConnectionInternals, internalsOf } from './connection.js';
import type { RawServerSocket } from './raw-server.js';
import { frameTexts } from './websocket-frame.js';

/** With this much a turn's texts are written without waiting for its end, in UTF-16 units. */
const FULL = 16_384;

/** The way to one plain client for messages: those of one turn of the event loop are written together. */
export class TextQueue {
  readonly #socket: RawServerSocket;
  readonly #connection: ConnectionInternals;
  readonly #endOfTurn: EndOfTurn;
  readonly #flush = () => this.flush();
  #texts: string[] = [];
  #units = 0;
  #isAwaited = false;

  constructor(socket: RawServerSocket, endOfTurn: EndOfTurn) {
    this.#socket = socket;
    this.#connection = internalsOf(socket.conn);
    this.#endOfTurn = endOfTurn;
    // Whatever else is written to this connection comes behind what was sent before.
    this.#connection.on('packetCreate', this.#flush);
  }

  /** A packet of Socket.IO. */
  append(text: string): void {
    this.#texts.push(text);
    this.#units += text.length;
    if (this.#units >= FULL) return this.flush();
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    this.#endOfTurn.add(() => {
      this.#isAwaited = false;
      this.flush();
    });
  }

  /** Writes what waits. */
  flush(): void {
    if (this.#texts.length === 0) return;
    const texts = this.#texts;
    this.#texts = [];
    this.#units = 0;
    if (!this.#socket.connected) return;
    if (texts.length > 1 && this.#takesFrames()) return this.#writeTogether(texts);
    for (const text of texts) this.#connection.write(text, { compress: true, wsPreEncodedFrame: undefined });
  }

  close(): void {
    this.flush();
    this.#connection.off('packetCreate', this.#flush);
  }

  /** Whether what is written now will be sent by a websocket as it is. There is no other transport after that. */
  #takesFrames(): boolean {
    const { transport } = this.#connection;
    return (
      transport.name === 'websocket' &&
      !transport.perMessageDeflate &&
      !transport.opts?.perMessageDeflate &&
      typeof transport.socket?._sender?.sendFrame === 'function'
    );
  }

  /** As one packet of engine.io, whose websocket frame is all of theirs in a row. */
  #writeTogether(texts: readonly string[]): void {
    const frames = frameTexts(texts);
    this.#connection.write(frames, { compress: true, wsPreEncodedFrame: [frames] });
  }
}
