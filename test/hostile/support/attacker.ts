import type { Socket } from 'socket.io-client';
import { type PacketDecoder, tapFrames } from '../../../src/protocol/frame-tap.js';
import type { PacketType } from '../../../src/protocol/packet.js';
import { frame } from '../../protocol/frame-twin.js';
import { next, rawSocketTo } from '../../support/relay.js';
import { FrameEar, type PacketListener } from './overhear.js';
import { definition, FIRST_HEAD, fieldsOf, HEAD_COUNT, join, numbered, whole } from './records.js';

/** Packets that are sent before waiting for the server to have read them: few, so that none hides behind many. */
const BATCH = 20;

/** One with the plugin whose packets travel in envelopes, one in frames, and one without. */
export type AttackerKind = 'plugin' | 'frames' | 'plain';

/** What speaks in packets. */
export const PACKET_KINDS = ['plugin', 'frames'] as const satisfies AttackerKind[];

/**
 * What is written: a text of Socket.IO, several messages of the connection as they are, such as a text and its
 * attachments, or the records of a frame, which is put around them.
 */
export type Written = string | readonly (string | Uint8Array)[] | Uint8Array;

/** Writes one packet, by what it would be in an envelope. */
export type PacketWriter = (data: unknown, header: readonly unknown[]) => Written;

/**
 * Writes to the server whatever it likes, by hand. When the server has enough of it and disconnects it, it comes back
 * under a new id.
 */
export class Attacker {
  readonly clientIds: string[] = [];
  /** The codes of all errors that it was told of, with how often. */
  readonly codes = new Map<string, number>();
  /** All that came for it, unless it does not look; packets as if each was an envelope. */
  readonly received: unknown[][] = [];
  readonly #url: string;
  readonly #kind: AttackerKind;
  readonly #name: string;
  readonly #listeners = new Set<PacketListener>();
  #socket!: Socket;
  #lane = 0;
  #gone!: Promise<unknown>;
  #asked = 1_000_000_000;
  #written = 0;

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

  /** The number of its lane, where it has one. */
  get lane(): number {
    return this.#lane;
  }

  /** How often the server has sent it away. */
  get disconnects(): number {
    return this.clientIds.length - 1;
  }

  async reconnect(): Promise<void> {
    this.#socket?.disconnect();
    const clientId = `${this.#name}-${this.clientIds.length}`;
    const frames = this.#kind === 'frames' ? { frames: 1 } : {};
    const p2p = this.#kind === 'plain' ? {} : { p2p: { version: 1, secret: 'secret of mallory', ...frames } };
    const socket = rawSocketTo(this.#url, { auth: { clientId, ...p2p }, reconnection: false });
    this.#listen(socket);
    const refused = next<[Error]>(socket, 'connect_error').then(([error]) => Promise.reject(error));
    const begun = next<[unknown, unknown[]]>(socket, this.#kind === 'plain' ? 'connect' : 'P2P');
    const [, welcome] = await Promise.race([begun, refused]);
    this.#lane = Number(welcome?.[4] ?? 0);
    if (this.#kind === 'frames' && this.#lane === 0) throw new Error('The server gave no lane');
    this.#socket = socket;
    this.#gone = next(socket, 'disconnect');
    this.clientIds.push(clientId);
  }

  send(...packets: Written[]): void {
    for (const packet of packets) {
      const messages = packet instanceof Uint8Array ? [frame(this.#lane, packet)] : [packet].flat();
      for (const message of messages) this.#socket.io.engine?.write(message as string);
    }
  }

  /** One packet, in the way of its kind: in a frame with a number that is new, or without. */
  readonly packet: PacketWriter = (data, header) => {
    if (this.#kind !== 'frames') return packetText(data, header);
    const type = header[0] as PacketType;
    const fields = fieldsOf(data, header);
    const count = this.#written++;
    if (count % 2 === 0) return whole(type, fields);
    const number = FIRST_HEAD + (count % HEAD_COUNT);
    return join(definition(number, type, fields), numbered(number, type, fields));
  };

  /** Hears all packets that come, also after it has come back. @returns ends it */
  onPacket(listener: PacketListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What was sent has been read; or the server has sent it away, and it is back. */
  async settled(): Promise<void> {
    const outcome = await Promise.race([this.#gone.then(() => 'gone'), this.#answered()]);
    if (outcome === 'gone') await this.reconnect();
  }

  /** Sends them all. */
  async flood(packets: Iterable<Written>, batch = BATCH): Promise<number> {
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
      const stop = this.onPacket((_data, header) => {
        if (!['reply', 'reject'].includes(String(header[0])) || header[3] !== id) return;
        stop();
        resolve('answered');
      });
    });
    // As a text: bytes might be taken for an attachment that is missing.
    this.send(envelope(null, ['connected', id, 'anyone']));
    return answered;
  }

  #listen(socket: Socket): void {
    socket.onAny((event, ...args) => {
      this.received.push([event, ...args]);
      if (event === 'SERVER_ERROR') this.#count((args[0] as { code?: string }).code);
      if (event === 'P2P') this.#hear(args[0], args[1]);
    });
    if (this.#kind !== 'frames') return;
    const ear = new FrameEar((data, header) => {
      this.received.push(['P2P', data, header]);
      this.#hear(data, header);
    });
    const { decoder } = socket.io as unknown as { decoder: PacketDecoder };
    tapFrames(decoder, {
      frame: (_lane, bytes) => {
        // As late as Socket.IO hands on what it has decoded.
        process.nextTick(() => ear.read(bytes));
        return true;
      },
    });
  }

  #hear(data: unknown, header: unknown[]): void {
    const isError = ['error', 'reject', 'reset', 'end'].includes(String(header?.[0]));
    if (isError) this.#count((JSON.parse(data as string) as { code?: string }[])[0]?.code);
    for (const listener of [...this.#listeners]) listener(data, header);
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
export function binaryEnvelope(data: Uint8Array, header: readonly unknown[]): Written {
  return [`51-${JSON.stringify(['P2P', { _placeholder: true, num: 0 }, header])}`, data];
}

/** The same, by what the data is. */
export const packetText: PacketWriter = (data, header) =>
  data instanceof Uint8Array ? binaryEnvelope(data, header) : envelope(data, header);
