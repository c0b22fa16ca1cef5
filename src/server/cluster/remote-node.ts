import { FrameReader, readPacket } from '../../protocol/frame-reader.js';
import { FrameWriter } from '../../protocol/frame-writer.js';
import { P2PError } from '../../protocol/p2p-error.js';
import type { ClientPacket, Packet, PacketOf } from '../../protocol/packet.js';
import type { Session } from '../session.js';
import { SECTIONS } from './node-frame.js';
import { MAX_LINK_QUEUE, type NodeLink } from './node-link.js';
import { type NodeNote, writeNote } from './node-notes.js';
import type { Settled } from './outgoing-row.js';

export interface RemoteNodeOptions {
  readonly id: string;
  readonly link: NodeLink;
  /** The number of a session of this server. */
  readonly numberOf: (session: Session) => number | undefined;
  readonly serviceOf: (clientId: string, epoch: number) => Session | undefined;
}

/** Another server of the cluster, as this one sees it. */
export class RemoteNode {
  readonly id: string;
  readonly link: NodeLink;
  readonly #options: RemoteNodeOptions;
  readonly #writer = new FrameWriter(0);
  readonly #reader = new FrameReader();
  readonly #answers = new Map<number, (isAlive: boolean) => void>();
  readonly #publications = new Map<number, () => void>();
  #lastId = 0;

  constructor(options: RemoteNodeOptions) {
    this.id = options.id;
    this.link = options.link;
    this.#options = options;
  }

  note(note: NodeNote): void {
    this.link.send(SECTIONS.note, [writeNote(note)]);
  }

  /** Nothing new is to be begun there for now. @throws P2PError `PEER_TOO_SLOW` */
  checkRoom(): void {
    if (this.#isFull)
      throw new P2PError('PEER_TOO_SLOW', 'Too much waits for the server that the client is connected to');
  }

  /** What a session of this server sends to one of the other. @throws P2PError `CLIENT_NOT_FOUND` */
  sendFrom(sender: Session | undefined, packet: ClientPacket, settled?: Settled): void {
    const number = sender && this.#options.numberOf(sender);
    if (number === undefined) throw new P2PError('CLIENT_NOT_FOUND', 'The client has moved to another server');
    this.#send(SECTIONS.from, number, packet, settled);
  }

  /** What the router has for a session of the other server. */
  sendTo(number: number, packet: Packet, settled?: Settled): void {
    this.#send(SECTIONS.to, number, packet, settled);
  }

  get #isFull(): boolean {
    return this.link.queued > MAX_LINK_QUEUE;
  }

  #send(kind: number, number: number, packet: Packet, settled?: Settled): void {
    this.#writer.add(packet);
    const frame = this.#writer.take();
    if (!frame) return;
    const head = Buffer.allocUnsafe(4);
    head.writeUInt32LE(number);
    this.link.send(kind, [head, frame], settled);
  }

  /** Calls back for each packet. */
  read(frame: Buffer, take: (packet: Packet) => void): void {
    this.#reader.read(frame, {
      packet: (head, place) => {
        const packet = readPacket(head, place) as Packet;
        // It may wait for something, and what it came in may be much larger.
        if ('payload' in packet) packet.payload.takeOwnMemory();
        take(packet);
      },
      invalid: (error) => {
        throw error;
      },
    });
  }

  /** Whether there is anybody at the other end of one of its clients. */
  probe(number: number): Promise<boolean> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      this.note({ note: 'probe', id, number });
    });
  }

  probed(id: number, isAlive: boolean): void {
    this.#answers.get(id)?.(isAlive);
    this.#answers.delete(id);
  }

  /** A publication goes once to each server, which has subscribers of its own. */
  deliver(packet: Packet): void {
    if (packet.type !== 'publication' && packet.type !== 'topic-closed') return;
    const { peer, epoch, topic, payload } = packet;
    const isPublication = packet.type === 'publication';
    // Others are not to miss it because this server does, which is soon lost if it goes on taking nothing.
    if (isPublication && this.#isFull) return;
    const type = isPublication ? 'publish' : 'close-topic';
    this.sendFrom(this.#options.serviceOf(peer, epoch), { type, topic, payload });
  }

  /** The same; `done` is called when all subscribers there have had room for it, or are none any more. */
  publishAndWait({ peer, epoch, topic, payload }: PacketOf<'publication'>, timeout: number, done: () => void): void {
    const id = ++this.#lastId;
    this.#publications.set(id, done);
    this.sendFrom(this.#options.serviceOf(peer, epoch), { type: 'publish-wait', id, timeout, topic, payload });
  }

  published(id: number): void {
    const done = this.#publications.get(id);
    this.#publications.delete(id);
    done?.();
  }

  /** It is lost, or has left. What waited for it waits no longer. */
  close(): void {
    this.link.close();
    for (const id of this.#answers.keys()) this.probed(id, false);
    for (const id of this.#publications.keys()) this.published(id);
  }
}
