import type { Session } from './session.js';

/** Who is here: the one place that knows which session holds which client id (SC-1, SC-2). */
export class Directory {
  readonly #byClientId = new Map<string, Session>();
  readonly #bySocketId = new Map<string, Session>();

  /** Those that are connected: not the server's own. */
  get clientIds(): string[] {
    return Array.from(this.#bySocketId.values(), ({ clientId }) => clientId);
  }

  get(clientId: string): Session | undefined {
    return this.#byClientId.get(clientId);
  }

  ofSocket(socketId: string): Session | undefined {
    return this.#bySocketId.get(socketId);
  }

  add(session: Session): void {
    this.#byClientId.set(session.clientId, session);
    if (session.socket) this.#bySocketId.set(session.socket.id, session);
  }

  remove(session: Session): void {
    this.#byClientId.delete(session.clientId);
    if (session.socket) this.#bySocketId.delete(session.socket.id);
  }

  /** Client id → socket id, for reading; without prototype, so that no name in it means anything. */
  snapshot(): Record<string, string> {
    const map: Record<string, string> = Object.create(null);
    for (const [socketId, { clientId }] of this.#bySocketId) map[clientId] = socketId;
    return map;
  }
}
