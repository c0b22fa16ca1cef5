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

  deliver(packet: Packet, { flushed }: DeliverOptions = {}): void {
    const { number, node } = this.#options.client;
    switch (packet.type) {
      case 'message':
        return this.#sendMessage(packet);
      case 'reply':
      case 'reject':
        if (packet.peer === ROUTER || !this.#sender(packet)) return node.sendTo(number, packet);
        return this.#send(packet);
      case 'request':
      case 'pair':
      case 'cancel':
      case 'open':
      case 'opened':
      case 'call':
      case 'called':
      case 'subscribe':
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
        return node.sendTo(number, packet, flushed && (() => flushed()));
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

  #sendMessage(packet: PacketOf<'message'>): void {
    const { client, directory, failed } = this.#options;
    const sender = directory.get(packet.peer);
    const sent = { ...packet, peer: client.clientId };
    client.node.sendFrom(sender, sent, (arrived) => {
      if (arrived || !sender) return;
      const { clientId } = client;
      const message = `The server of "${clientId}" was lost, and the message may be`;
      failed(sender, sent, new P2PError('PEER_GONE', message, { details: { clientId, event: packet.event } }));
    });
  }

  /** It has gone from here, where it is not found: then the other server is told so. */
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
