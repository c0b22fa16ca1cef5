/** A listener as a user gave it. */
export type Listener = (...args: never[]) => unknown;

interface Entry {
  readonly listener: Listener;
  readonly once: boolean;
}

/** Listeners by event; registering, `once` and `off` behave as on a Socket.IO socket. */
export class EventListeners {
  readonly #entries = new Map<string, Entry[]>();

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  add(event: string, listener: Listener, once = false): void {
    const entries = this.#entries.get(event);
    if (entries) entries.push({ listener, once });
    else this.#entries.set(event, [{ listener, once }]);
  }

  /** Removes one registration of the listener, all listeners of the event, or all there are. */
  remove(event?: string, listener?: Listener): void {
    if (event === undefined) return this.#entries.clear();
    const entries = this.#entries.get(event);
    if (!entries) return;
    const index = listener ? entries.findIndex((entry) => entry.listener === listener) : -1;
    if (listener && index === -1) return;
    // A new list: an event that is being delivered goes on with the old one.
    const rest = listener ? entries.toSpliced(index, 1) : [];
    if (rest.length === 0) this.#entries.delete(event);
    else this.#entries.set(event, rest);
  }

  /** The listeners to call now; those that listen once are gone afterwards. */
  take(event: string): readonly Listener[] {
    const entries = this.#entries.get(event);
    if (!entries) return [];
    if (entries.some((entry) => entry.once)) {
      const rest = entries.filter((entry) => !entry.once);
      if (rest.length === 0) this.#entries.delete(event);
      else this.#entries.set(event, rest);
    }
    return entries.map((entry) => entry.listener);
  }
}
