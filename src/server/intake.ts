import { type P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { ClientPacket } from '../protocol/packet.js';
import { tellError } from './client-kind.js';
import { type Conduct, payloadSize } from './conduct.js';
import type { Directory } from './directory.js';
import type { EventWriter } from './event-writer.js';
import { endsSomething, isPaidFor } from './paid-for.js';
import type { PermissionGate } from './permission-gate.js';
import type { RawServerSocket } from './raw-server.js';
import type { Router } from './router.js';
import type { Session } from './session.js';
import type { StreamRelays } from './stream-relays.js';

export interface IntakeOptions {
  readonly directory: Directory;
  readonly streams: StreamRelays;
  readonly conduct: Conduct;
  readonly router: Router;
  readonly writer: EventWriter;
  /** Missing: everything is permitted. */
  readonly gate: PermissionGate | undefined;
}

/** What clients send, on its way to the router: held to their rates, to the sizes, and to what is permitted. */
export class Intake {
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Of a plugin client. */
  take(session: Session, socket: RawServerSocket, packet: ClientPacket): void {
    this.#pass(session, packet, () => this.#spend(socket, packet));
  }

  /** Of the engine of a plain client, whose event has been counted already. */
  takePlain(session: Session, socket: RawServerSocket, packet: ClientPacket): void {
    this.#pass(session, packet, () => this.#options.conduct.spendBytes(socket, packet));
  }

  /** What came could not be read. It ends the stream that it was for, if there is such a stream. */
  unreadable(socket: RawServerSocket, problem: P2PError, stream: number | undefined): void {
    const { directory, streams, writer, conduct } = this.#options;
    const session = directory.ofSocket(socket.id);
    if (!session || stream === undefined || !streams.fail(session, stream, problem)) {
      tellError(writer, socket, problem);
    }
    conduct.note(socket, problem);
  }

  /** Something that is no packet takes as much as one, and is not refused: what comes after it needs it. */
  count(socket: RawServerSocket, bytes: number): void {
    const { conduct } = this.#options;
    try {
      conduct.spend(socket, bytes);
    } catch (error) {
      conduct.note(socket, toP2PError(error));
    }
  }

  #pass(session: Session, packet: ClientPacket, spend: () => void): void {
    const { directory, conduct, router, gate } = this.#options;
    const isPaid = isPaidFor(directory, session, packet);
    try {
      if (!isPaid) spend();
      conduct.checkSize(packet);
    } catch (error) {
      return router.refuse(session, packet, error);
    }
    if (gate) gate.handle(session, packet, isPaid);
    else router.handle(session, packet);
  }

  /** What ends something is not refused, or else it would never end: it only counts. @throws P2PError `RATE_LIMITED` */
  #spend(socket: RawServerSocket, packet: ClientPacket): void {
    if (endsSomething(packet)) this.count(socket, payloadSize(packet));
    else this.#options.conduct.spend(socket, payloadSize(packet));
  }
}
