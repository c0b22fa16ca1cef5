import { P2PError } from '../protocol/p2p-error.js';
import type { Packet } from '../protocol/packet.js';
import { Payload } from '../protocol/payload.js';

/** What happens to messages for a client that does not read: see the option `slowConsumer`. */
export type SlowConsumerPolicy = 'error' | 'drop' | 'close';

/** How far beyond the limit a client that reads nothing may get by what cannot be left out, before it is closed. */
const PATIENCE = 2;

/** Whose memory it is about. */
interface Reader {
  readonly clientId: string;
}

/** What holds for all clients of a server. */
export interface SlowConsumerOptions<Session extends Reader> {
  readonly policy: SlowConsumerPolicy;
  /** In bytes. */
  readonly limit: number;
  /** One has become slow. */
  readonly slow: (session: Session, queuedBytes: number) => void;
  /** One is to be closed; called once, in a turn of its own. */
  readonly close: (session: Session, reason: P2PError) => void;
}

/** Watches over what waits for one client, so that one who does not read fills no memory. */
export class SlowConsumer<Session extends Reader = Reader> {
  readonly #session: Session;
  /** What waits on the connection, streams apart. */
  readonly #queue: { readonly bytes: number };
  readonly #options: SlowConsumerOptions<Session>;
  #isSlow = false;
  #isClosing = false;

  constructor(session: Session, queue: { readonly bytes: number }, options: SlowConsumerOptions<Session>) {
    this.#session = session;
    this.#queue = queue;
    this.#options = options;
  }

  /**
   * What is to be sent in place of a packet: mostly itself.
   * @throws P2PError `PEER_TOO_SLOW` for what another client sends it
   */
  admit(packet: Packet): Packet | undefined {
    return this.#look() ? this.#replace(packet) : packet;
  }

  /** Why what it asks for is not done: its answer would wait with the rest. */
  refusal(): P2PError | undefined {
    return this.#look() ? tooSlow() : undefined;
  }

  /** @returns whether it is slow */
  #look(): boolean {
    const { limit, policy, slow } = this.#options;
    const queued = this.#queue.bytes;
    const wasSlow = this.#isSlow;
    this.#isSlow = queued > limit;
    if (this.#isSlow && !wasSlow) slow(this.#session, queued);
    if (this.#isSlow && (policy === 'close' || queued > limit * PATIENCE)) this.#close();
    return this.#isSlow;
  }

  #replace(packet: Packet): Packet | undefined {
    switch (packet.type) {
      case 'message':
        if (this.#options.policy === 'drop') return undefined;
        throw this.#tooSlow();
      case 'request':
      case 'pair':
      case 'open':
      case 'call':
      case 'subscribe':
        throw this.#tooSlow();
      case 'reply': {
        const { peer, epoch, id } = packet;
        return { type: 'reject', peer, epoch, id, payload: Payload.ofError(tooSlow()) };
      }
      case 'error':
        return undefined;
      default:
        return packet;
    }
  }

  #tooSlow(): P2PError {
    const { clientId } = this.#session;
    return new P2PError('PEER_TOO_SLOW', `"${clientId}" does not read: too much waits for it`, {
      details: { clientId },
    });
  }

  #close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    // Whoever sends at this moment may be going through the sessions.
    setImmediate(() => this.#options.close(this.#session, tooSlow()));
  }
}

function tooSlow(): P2PError {
  return new P2PError('SESSION_TOO_SLOW', 'This client does not read: too much waits for it');
}
