import { type Rate, TokenBucket } from '../async/token-bucket.js';
import type { ErrorCode } from '../protocol/error-codes.js';
import { P2PError } from '../protocol/p2p-error.js';
import type { ClientPacket } from '../protocol/packet.js';
import type { Connection } from './connection.js';
import type { Diagnostics, DiagnosticType } from './diagnostics.js';
import type { RawServerSocket } from './raw-server.js';
import type { ServerLimits } from './server-limits.js';

/** What counts against a client, and what operators are told of it. */
const VIOLATIONS: { readonly [C in ErrorCode]?: DiagnosticType } = {
  CLIENT_ID_INVALID: 'packet.invalid',
  EVENT_RESERVED: 'packet.invalid',
  INVALID_ARGUMENT: 'packet.invalid',
  LIMIT_EXCEEDED: 'limit.hit',
  NOT_REGISTERED: 'packet.invalid',
  PACKET_INVALID: 'packet.invalid',
  PAYLOAD_INVALID: 'packet.invalid',
  PAYLOAD_TOO_LARGE: 'limit.hit',
  RATE_LIMITED: 'limit.hit',
  ROOM_RESERVED: 'packet.invalid',
  SESSION_TOO_SLOW: 'limit.hit',
  STREAM_VIOLATION: 'packet.invalid',
};

/** How fast each client may do what. */
export interface Rates {
  readonly packets: Rate;
  readonly bytes: Rate;
  readonly violations: Rate;
}

/** What one connection may still do. */
export class Budget {
  readonly packets: TokenBucket;
  readonly bytes: TokenBucket;
  readonly #violationRate: Rate;
  /** Made for the first. */
  #violations: TokenBucket | undefined;

  constructor({ packets, bytes, violations }: Rates) {
    this.packets = new TokenBucket(packets);
    this.bytes = new TokenBucket(bytes);
    this.#violationRate = violations;
  }

  get violations(): TokenBucket {
    this.#violations ??= new TokenBucket(this.#violationRate);
    return this.#violations;
  }

  /** One packet. @returns whether there was enough for it; else nothing is taken */
  spend(bytes: number, now: number): boolean {
    return this.bytes.has(bytes, now) && this.packets.take(1, now) && this.bytes.take(bytes, now);
  }
}

export interface ConductOptions {
  readonly limits: ServerLimits;
  readonly diagnostics: Diagnostics;
  /** Which client id a socket has at present. */
  readonly clientIdOf: (socket: RawServerSocket) => string | undefined;
  /** Too many violations. */
  readonly close: (socket: RawServerSocket, reason: P2PError) => void;
}

/** Holds clients to what they may send, and closes those who go on breaking the rules. */
export class Conduct {
  readonly #options: ConductOptions;
  readonly #rates: Rates;
  /** By connection: joining the namespace again does not fill them. */
  readonly #budgets = new WeakMap<Connection, Budget>();

  constructor(options: ConductOptions) {
    const { limits } = options;
    this.#options = options;
    this.#rates = {
      packets: { burst: limits.packetBurst, perSecond: limits.packetsPerSecond },
      bytes: { burst: limits.byteBurst, perSecond: limits.bytesPerSecond },
      violations: { burst: limits.violationBurst, perSecond: limits.violationsPerSecond },
    };
  }

  /** Of anything but streams, in bytes. */
  get largestPayload(): number {
    const { maxPacketBytes, maxPayloadBytes } = this.#options.limits;
    return Math.min(maxPacketBytes, maxPayloadBytes);
  }

  /** To be called for whatever a client sends, unless credit has paid for it. @throws P2PError `RATE_LIMITED` */
  spend(socket: RawServerSocket, bytes: number): void {
    const { packets, bytes: size } = this.budgetOf(socket);
    if (!packets.take(1)) throw rateLimited('packetsPerSecond', this.#options.limits);
    if (!size.take(bytes)) throw rateLimited('bytesPerSecond', this.#options.limits);
  }

  /**
   * The bytes alone: of a plain client they are known only when its event has become a packet.
   * @throws P2PError `RATE_LIMITED`
   */
  spendBytes(socket: RawServerSocket, packet: ClientPacket): void {
    // They have to be found out.
    if (this.#options.limits.byteBurst === Number.POSITIVE_INFINITY) return;
    if (!this.budgetOf(socket).bytes.take(payloadSize(packet)))
      throw rateLimited('bytesPerSecond', this.#options.limits);
  }

  /** @throws P2PError `PAYLOAD_TOO_LARGE` */
  checkSize(packet: ClientPacket): void {
    const isStream = packet.type === 'data' || packet.type === 'part';
    const limit = isStream ? this.#options.limits.maxPacketBytes : this.largestPayload;
    // Of plain clients the size has to be found out.
    if (limit === Number.POSITIVE_INFINITY) return;
    const size = payloadSize(packet);
    if (size <= limit) return;
    throw new P2PError('PAYLOAD_TOO_LARGE', `The server takes at most ${limit} bytes`, { details: { limit, size } });
  }

  /** What a client has been told of; enough of these and it is closed. */
  note(socket: RawServerSocket, { code, details }: P2PError): void {
    const type = VIOLATIONS[code];
    if (!type) return;
    const { diagnostics, clientIdOf, close } = this.#options;
    const facts = { clientId: clientIdOf(socket), socketId: socket.id, code, limit: details.limit };
    diagnostics.report(type, facts);
    if (this.budgetOf(socket).violations.take(1)) return;
    close(socket, new P2PError('POLICY_VIOLATION', `Too many packets that the server refuses, the last with ${code}`));
  }

  budgetOf({ conn }: RawServerSocket): Budget {
    const budget = this.#budgets.get(conn) ?? new Budget(this.#rates);
    this.#budgets.set(conn, budget);
    return budget;
  }
}

/** In bytes. */
export function payloadSize(packet: ClientPacket): number {
  return 'payload' in packet ? packet.payload.size : 0;
}

function rateLimited(limit: 'packetsPerSecond' | 'bytesPerSecond', limits: ServerLimits): P2PError {
  const most = limits[limit];
  return new P2PError(
    'RATE_LIMITED',
    `The server allows ${most} ${limit === 'packetsPerSecond' ? 'packets' : 'bytes'} a second`,
    { details: { limit, most } },
  );
}
