import type { Session } from '../session.js';
import { instanceOf } from './instance.js';
import type { SessionNote } from './node-notes.js';

/** The sessions of this server, by the numbers by which the others know them. */
export class LocalSessions {
  readonly #byNumber = new Map<number, Session>();
  readonly #numbers = new Map<Session, number>();
  #last = 0;

  /** Not its own. */
  get clients(): Session[] {
    return [...this.#numbers.keys()].filter(({ socket }) => socket);
  }

  /** What the others have to know of all. */
  get notes(): SessionNote[] {
    return Array.from(this.#numbers, ([session, number]) => noteOf(session, number));
  }

  /** @returns what the others have to know of it */
  add(session: Session): SessionNote {
    const number = ++this.#last;
    this.#numbers.set(session, number);
    this.#byNumber.set(number, session);
    return noteOf(session, number);
  }

  /** @returns its number, if it had one */
  remove(session: Session): number | undefined {
    const number = this.#numbers.get(session);
    if (number === undefined) return undefined;
    this.#numbers.delete(session);
    this.#byNumber.delete(number);
    return number;
  }

  at(number: number): Session | undefined {
    return this.#byNumber.get(number);
  }

  numberOf(session: Session): number | undefined {
    return this.#numbers.get(session);
  }
}

function noteOf(session: Session, number: number): SessionNote {
  const { clientId, epoch, socket, secret, isService, isShared, replaces } = session;
  const instance = secret === undefined ? undefined : instanceOf(secret);
  return { number, clientId, epoch, socketId: socket?.id, instance, isService, isShared, replaces };
}
