/** What a request that is on its way asks for. */
export type Ask = { readonly type: 'request' | 'pair' | 'call' } | OpenAsk | SubscribeAsk;

/** A stream is asked for. */
export interface OpenAsk {
  readonly type: 'open';
  /** What the opener grants once it is open, in bytes. */
  readonly credit: number;
}

/** A subscription is asked for. */
export interface SubscribeAsk {
  readonly type: 'subscribe';
  readonly topic: string;
}

export const REQUEST: Ask = { type: 'request' };
export const PAIR: Ask = { type: 'pair' };
export const CALL: Ask = { type: 'call' };

/**
 * The interest of two sessions in each other: open requests either way, a pair, streams, subscriptions, watching.
 * It exists while there is any of these, and when one session ends the other is told once.
 */
export class Edge {
  /** Open requests by asker: first session, second session. */
  readonly #asks: [Map<number, Ask>?, Map<number, Ask>?] = [];
  readonly #watches: [boolean, boolean] = [false, false];
  readonly #first: object;
  /** Who has asked for the pair that they are. */
  pairedBy: object | undefined;
  /** How many streams and subscriptions join the two. */
  ties = 0;

  constructor(first: object) {
    this.#first = first;
  }

  get idle(): boolean {
    const isWatched = this.#watches[0] || this.#watches[1];
    return !this.pairedBy && !this.ties && !isWatched && !this.#asks[0]?.size && !this.#asks[1]?.size;
  }

  /** @returns whether the id was free */
  open(asker: object, id: number, ask: Ask): boolean {
    const side = this.#side(asker);
    this.#asks[side] ??= new Map();
    const asks = this.#asks[side];
    if (asks.has(id)) return false;
    asks.set(id, ask);
    return true;
  }

  /** @returns what had been asked, if anything */
  close(asker: object, id: number): Ask | undefined {
    const asks = this.#asks[this.#side(asker)];
    const ask = asks?.get(id);
    asks?.delete(id);
    return ask;
  }

  isOpen(asker: object, id: number): boolean {
    return this.#asks[this.#side(asker)]?.has(id) ?? false;
  }

  openCount(asker: object): number {
    return this.#asks[this.#side(asker)]?.size ?? 0;
  }

  /** The requests of this asker that are still open. */
  openIds(asker: object): Iterable<number> {
    return this.#asks[this.#side(asker)]?.keys() ?? [];
  }

  isWatchedBy(watcher: object): boolean {
    return this.#watches[this.#side(watcher)];
  }

  watch(watcher: object, on: boolean): void {
    this.#watches[this.#side(watcher)] = on;
  }

  #side(session: object): 0 | 1 {
    return session === this.#first ? 0 : 1;
  }
}
