import { P2PError, toP2PError } from '../protocol/p2p-error.js';
import type { Authentication } from './authentication.js';
import type { Session } from './session.js';

export interface RevalidationOptions {
  readonly authentication: Authentication;
  /** In ms. */
  readonly every: number;
  readonly expel: (session: Session, reason: P2PError) => void;
}

/** Asks again who a client is while its session lasts: what let it in may have ended. */
export class Revalidation {
  readonly #options: RevalidationOptions;

  constructor(options: RevalidationOptions) {
    this.#options = options;
  }

  watch(session: Session): void {
    const { socket, clientId } = session;
    const { authentication, every, expel } = this.#options;
    if (!socket) return;
    const timer = setTimeout(async () => {
      stopAtEnd();
      try {
        await authentication.clientIdOf(socket, clientId);
        if (!session.ended) this.watch(session);
      } catch (error) {
        if (session.ended) return;
        const { code } = toP2PError(error);
        // Nobody could tell: that is no answer.
        if (code === 'AUTH_UNAVAILABLE') return this.watch(session);
        expel(
          session,
          new P2PError('SESSION_EXPIRED', 'The server no longer knows this client', { details: { code } }),
        );
      }
    }, every);
    const stopAtEnd = session.atEnd(() => clearTimeout(timer));
  }
}
