import type { Session } from './session.js';

/** Who is here: the one place that knows which session holds which client id (SC-1, SC-2). */
export class Directory {
  readonly #byClientId = new Map<string, Session>();
  readonly #bySocketId = new Map<string, Session>();

  get clientIds(): string[] {
    return [...this.#byClientId.keys()];
  }

  get(clientId: string): Session | undefined {
    return this.#byClientId.get(clientId);
  }

  ofSocket(socketId: string): Session | undefined {
    return this.#bySocketId.get(socketId);
  }

  add(session: Session): void {
    this.#byClientId.set(session.clientId, session);
    this.#bySocketId.set(session.socket.id, session);
  }

  remove(session: Session): void {
    this.#byClientId.delete(session.clientId);
    this.#bySocketId.delete(session.socket.id);
  }

  /** Client id → socket id, for reading; without prototype, so that no name in it means anything. */
  snapshot(): Record<string, string> {
    const map: Record<string, string> = Object.create(null);
    for (const [clientId, session] of this.#byClientId) map[clientId] = session.socket.id;
    return map;
  }
}
