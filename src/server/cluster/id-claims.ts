import { P2PError } from '../../protocol/p2p-error.js';
import { inUse } from '../id-errors.js';
import type { Session } from '../session.js';
import { ANYONE, type Claim, type Claims } from './claims.js';

/** What is not used within this time is given back, in ms. */
const UNUSED_FOR = 30_000;

export interface IdClaimsOptions {
  readonly claims: Claims;
  /** The id of this server, at this moment. */
  readonly self: () => string;
  /** The sessions of clients of this server. */
  readonly sessions: () => readonly Session[];
  /** Whoever wants an id gets it from its holder. */
  readonly isTakenOver: boolean;
  /** Another server has the id of this session. */
  readonly lost: (session: Session) => void;
  readonly logError: (message: string, error: unknown) => void;
}

interface Unused {
  readonly timer: NodeJS.Timeout;
  readonly claim: Claim;
}

/** The ids that clients of this server have, as they are kept for all servers. */
export class IdClaims {
  readonly #options: IdClaimsOptions;
  /** Those of clients that have not got in yet, by epoch. */
  readonly #unused = new Map<number, Unused>();
  /** What is known of claims may be wrong: Redis has not answered. */
  #isDoubtful = false;
  #renewing: Promise<void> | undefined;

  constructor(options: IdClaimsOptions) {
    this.#options = options;
  }

  /** Takes an id for a client that is about to get in. @throws P2PError `CLIENT_ID_IN_USE`, `NODE_UNAVAILABLE` */
  async take(clientId: string, epoch: number, replaces: Session | undefined): Promise<void> {
    const { claims, isTakenOver } = this.#options;
    const claim = this.#claim(epoch);
    const before = isTakenOver ? ANYONE : replaces && this.#claimOf(replaces);
    const isTaken = await claims.claim(clientId, claim, before).catch((cause) => {
      // It may yet be taken, when Redis comes to it: then it is given back behind that.
      this.#release(clientId, claim);
      this.#options.logError('a client id could not be taken in Redis', cause);
      throw new P2PError('NODE_UNAVAILABLE', 'It cannot be found out whether the id is free', { cause });
    });
    if (!isTaken) throw inUse(clientId);
    const timer = setTimeout(() => this.giveBack(clientId, epoch), UNUSED_FOR);
    this.#unused.set(epoch, { timer: timer.unref(), claim });
  }

  /** The client has not got in after all. Nothing happens where it has. */
  giveBack(clientId: string, epoch: number): void {
    const unused = this.#unused.get(epoch);
    if (!unused) return;
    clearTimeout(unused.timer);
    this.#unused.delete(epoch);
    this.#release(clientId, unused.claim);
  }

  /** Claims of servers that are gone are forgotten. */
  sweep(): void {
    this.#options.claims.sweep().catch(() => {});
  }

  /** Its session has begun; where it had no claim before, it has to be found out whether it may have one. */
  began(session: Session): void {
    const unused = this.#unused.get(session.epoch);
    this.#unused.delete(session.epoch);
    clearTimeout(unused?.timer);
    // What was taken before this server was frozen is not its own any more.
    if (unused?.claim.node !== this.#options.self()) this.verify(session);
  }

  ended({ clientId, epoch }: Session): void {
    this.#release(clientId, this.#claim(epoch));
  }

  /** Whether the id is still that session's. */
  verify(session: Session): void {
    const { claims, lost } = this.#options;
    const claim = this.#claim(session.epoch);
    claims.claim(session.clientId, claim).then(
      (isHeld) => {
        if (!isHeld && !session.ended) lost(session);
        // It has been taken for nobody, where it is over by now.
        if (isHeld && session.ended) this.#release(session.clientId, claim);
      },
      (error) => {
        this.#isDoubtful = true;
        this.#options.logError('a client id could not be verified', error);
      },
    );
  }

  /** This server is alive. Where that was not known for a while, others may have taken ids. */
  renew(): void {
    const { claims, self, sessions } = this.#options;
    this.#renewing ??= claims
      .renew(self())
      .then(
        (wasKnown) => {
          const isDoubtful = this.#isDoubtful || !wasKnown;
          this.#isDoubtful = false;
          if (isDoubtful) for (const session of sessions()) this.verify(session);
        },
        () => {
          this.#isDoubtful = true;
        },
      )
      .finally(() => {
        this.#renewing = undefined;
      });
  }

  leave(node: string): void {
    this.#options.claims.leave(node).catch(() => {});
  }

  #claimOf({ epoch, remote }: Session): Claim {
    return remote ? { node: remote.nodeId, epoch } : this.#claim(epoch);
  }

  #claim(epoch: number): Claim {
    return { node: this.#options.self(), epoch };
  }

  /** Where that fails, it is over with the server. */
  #release(clientId: string, claim: Claim): void {
    this.#options.claims.release(clientId, claim).catch(() => {});
  }
}
