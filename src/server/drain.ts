import { systemClock } from '../async/clock.js';
import { P2PError } from '../protocol/p2p-error.js';
import type { Edge } from './edge.js';
import type { Session } from './session.js';
import type { Sessions } from './sessions.js';

/** How often it is looked whether anything is still under way, in ms. */
const LOOK_EVERY = 50;

/** Empties a server: nobody gets in any more, what is under way comes to its end, and clients go elsewhere. */
export class Drain {
  readonly #sessions: Sessions;
  #drained: Promise<void> | undefined;

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  /** `timeout` is how long it waits for what is under way, in ms. Called again, it is the same. */
  start(timeout: number): Promise<void> {
    this.#drained ??= this.#run(timeout);
    return this.#drained;
  }

  async #run(timeout: number): Promise<void> {
    const sessions = this.#sessions;
    const reason = new P2PError('NODE_UNAVAILABLE', 'This server is being closed: connect again, to another');
    sessions.closeTo(reason);
    const end = systemClock.now() + timeout;
    while (this.#isBusy && systemClock.now() < end) {
      await new Promise<void>((resolve) => systemClock.setTimer(resolve, LOOK_EVERY));
    }
    for (const session of sessions.directory.sessions) if (session.socket) sessions.expel(session, reason);
    sessions.cluster?.close();
  }

  get #isBusy(): boolean {
    return this.#sessions.directory.sessions.some(isBusy);
  }
}

/** Somebody waits for an answer of its, it waits for one, or it has a stream. */
function isBusy(session: Session): boolean {
  if (session.streams.size > 0) return true;
  const isAsking = (asker: Session, edge: Edge) => edge.openCount(asker) > 0;
  return [...session.edges].some(([other, edge]) => isAsking(session, edge) || isAsking(other, edge));
}
