import type { Socket } from 'socket.io-client';
import { next, rawSocketTo } from '../../support/relay.js';

/** Packets that are sent before waiting for the server to have read them: few, so that none hides behind many. */
const BATCH = 20;

export type AttackerKind = 'plugin' | 'plain';

/** A packet of Socket.IO as it is written: its text, then its attachments. */
export type Frames = string | readonly [text: string, ...attachments: Uint8Array[]];

/**
 * Writes to the server whatever it likes, by hand. When the server has enough of it and disconnects it, it comes back
 * under a new id.
 */
export class Attacker {
  readonly clientIds: string[] = [];
  /** The codes of all errors that it was told of, with how often. */
  readonly codes = new Map<string, number>();
  /** All that came for it, unless it does not look. */
  readonly received: unknown[][] = [];
  readonly #url: string;
  readonly #kind: AttackerKind;
  readonly #name: string;
  #socket!: Socket;
  #gone!: Promise<unknown>;
  #asked = 1_000_000_000;

  private constructor(url: string, kind: AttackerKind, name: string) {
    this.#url = url;
    this.#kind = kind;
    this.#name = name;
  }

  static async connect(url: string, kind: AttackerKind, name = `mallory-${kind}`): Promise<Attacker> {
    const attacker = new Attacker(url, kind, name);
    await attacker.reconnect();
    return attacker;
  }

  get socket(): Socket {
    return this.#socket;
  }

  get clientId(): string {
    return this.clientIds.at(-1)!;
  }

  /** How often the server has sent it away. */
  get disconnects(): number {
    return this.clientIds.length - 1;
  }

  async reconnect(): Promise<void> {
    this.#socket?.disconnect();
    const clientId = `${this.#name}-${this.clientIds.length}`;
    const p2p = this.#kind === 'plugin' ? { p2p: { version: 1, secret: 'secret of mallory' } } : {};
    const socket = rawSocketTo(this.#url, { auth: { clientId, ...p2p }, reconnection: false });
    this.#listen(socket);
    const refused = next<[Error]>(socket, 'connect_error').then(([error]) => Promise.reject(error));
    await Promise.race([next(socket, this.#kind === 'plugin' ? 'P2P' : 'connect'), refused]);
    this.#socket = socket;
    this.#gone = next(socket, 'disconnect');
    this.clientIds.push(clientId);
  }

  send(...packets: Frames[]): void {
    for (const packet of packets) {
      for (const frame of typeof packet === 'string' ? [packet] : packet) {
        this.#socket.io.engine?.write(frame as string);
      }
    }
  }

  /** What was sent has been read; or the server has sent it away, and it is back. */
  async settled(): Promise<void> {
    const outcome = await Promise.race([this.#gone.then(() => 'gone'), this.#answered()]);
    if (outcome === 'gone') await this.reconnect();
  }

  /** Sends them all. */
  async flood(packets: Iterable<Frames>, batch = BATCH): Promise<number> {
    let sent = 0;
    for (const packet of packets) {
      this.send(packet);
      if (++sent % batch === 0) await this.settled();
    }
    await this.settled();
    return sent;
  }

  async #answered(): Promise<string> {
    if (this.#kind === 'plain') {
      await this.#socket.emitWithAck('IS_CLIENT_CONNECTED', { targetClientId: 'anyone' });
      return 'answered';
    }
    const id = ++this.#asked;
    const answered = new Promise<string>((resolve) => {
      const listener = (_data: unknown, header: unknown[]) => {
        if (!['reply', 'reject'].includes(String(header[0])) || header[3] !== id) return;
        this.#socket.off('P2P', listener);
        resolve('answered');
      };
      this.#socket.on('P2P', listener);
    });
    this.send(envelope(null, ['connected', id, 'anyone']));
    return answered;
  }

  #listen(socket: Socket): void {
    socket.onAny((event, ...args) => {
      this.received.push([event, ...args]);
      if (event === 'SERVER_ERROR') this.#count((args[0] as { code?: string }).code);
      const [data, header] = args as [string, unknown[]];
      const isError = event === 'P2P' && ['error', 'reject', 'reset', 'end'].includes(String(header?.[0]));
      if (isError) this.#count((JSON.parse(data) as { code?: string }[])[0]?.code);
    });
  }

  #count(code = 'none'): void {
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
  }
}

/** An event of Socket.IO, as text. */
export function eventText(event: string, ...args: unknown[]): string {
  return `2${JSON.stringify([event, ...args])}`;
}

/** A packet of the plugin's protocol, as text. */
export function envelope(data: unknown, header: readonly unknown[]): string {
  return eventText('P2P', data, header);
}

/** The same with binary data. */
export function binaryEnvelope(data: Uint8Array, header: readonly unknown[]): Frames {
  return [`51-${JSON.stringify(['P2P', { _placeholder: true, num: 0 }, header])}`, data];
}
