import { ROUTER } from '../../protocol/identifiers.js';
import { P2PError } from '../../protocol/p2p-error.js';
import type { ClientPacket, Packet, PacketOf } from '../../protocol/packet.js';
import type { Directory } from '../directory.js';
import type { Session } from '../session.js';
import type { DeliverOptions, SessionPort } from '../session-port.js';
import type { RemoteClient } from './remote-clients.js';

export interface RemotePortOptions {
  readonly client: RemoteClient;
  readonly directory: Directory;
  /** A message may not have arrived. */
  readonly failed: (sender: Session, packet: PacketOf<'message'>, error: P2PError) => void;
}

/**
 * The way to a client of another server. What the router delivers to it is said to that server's router as its sender has
 * said it here, so that both know of the same requests, pairs, streams and subscriptions; and each tells its own
 * clients what follows from that.
 */
export class RemotePort implements SessionPort {
  readonly #options: RemotePortOptions;

  constructor(options: RemotePortOptions) {
    this.#options = options;
  }

  deliver(packet: Packet, { flushed, sender }: DeliverOptions = {}): void {
    const { client, directory } = this.#options;
    const { number, node } = client;
    switch (packet.type) {
      case 'message':
        node.checkRoom();
        return this.#sendMessage(packet, (sender as Session | undefined) ?? directory.get(packet.peer));
      case 'request':
      case 'pair':
      case 'open':
      case 'call':
      case 'subscribe':
        node.checkRoom();
        return this.#send(packet);
      case 'reply':
      case 'reject':
        if (packet.peer === ROUTER || !this.#sender(packet)) return node.sendTo(number, packet);
        return this.#send(packet);
      case 'cancel':
      case 'opened':
      case 'called':
      case 'subscribed':
      case 'retained':
        return this.#send(packet);
      case 'unsubscribed':
        return this.#unsubscribe(packet);
      case 'data':
      case 'part':
      case 'credit':
      case 'finish':
      case 'reset':
      case 'error':
        return node.sendTo(number, packet, flushed);
      default:
        // The other server sees by itself who is paired and who has gone; publications come by the server as a whole.
        flushed?.();
    }
  }

  /** The other server ends it. */
  end(): void {}

  #send(packet: Extract<ClientPacket, { readonly peer: string; readonly epoch: number }>): void {
    const { clientId: peer, epoch, node } = this.#options.client;
    node.sendFrom(this.#sender(packet), { ...packet, peer, epoch });
  }

  #sendMessage(packet: PacketOf<'message'>, sender: Session | undefined): void {
    const { client, failed } = this.#options;
    const sent = { ...packet, peer: client.clientId };
    client.node.sendFrom(sender, sent, (arrived) => {
      if (arrived || !sender) return;
      const { clientId } = client;
      const message = `The server of "${clientId}" was lost, and the message may be`;
      failed(sender, sent, new P2PError('PEER_GONE', message, { details: { clientId, event: packet.event } }));
    });
  }

  /** A subscriber that is not found has left, which the other server is told anyway. */
  #unsubscribe({ peer, epoch, topic }: PacketOf<'unsubscribed'>): void {
    const { client, directory } = this.#options;
    const sender = directory.at(peer, epoch);
    if (sender) client.node.sendFrom(sender, { type: 'unsubscribe', peer: client.clientId, topic });
  }

  #sender({ peer, epoch }: { readonly peer: string; readonly epoch: number }): Session | undefined {
    const sender = this.#options.directory.at(peer, epoch);
    return sender?.remote ? undefined : sender;
  }
}
