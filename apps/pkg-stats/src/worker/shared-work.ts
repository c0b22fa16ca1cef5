interface Shared<T> {
  readonly result: Promise<T>;
  readonly left: AbortController;
  waiting: number;
}

/** Work that is done once for all who want the same meanwhile. It is aborted when the last of them has left. */
export class SharedWork<T> {
  readonly #underWay = new Map<string, Shared<T>>();

  /** @param signal by which one who wants it leaves */
  async get(key: string, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const shared = this.#underWay.get(key) ?? this.#begin(key, work);
    shared.waiting++;
    let leave = () => {};
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(signal?.reason);
      signal?.addEventListener('abort', leave, { once: true });
    });
    try {
      return await Promise.race([shared.result, left]);
    } finally {
      signal?.removeEventListener('abort', leave);
      if (--shared.waiting === 0) this.#end(key, shared);
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>): Shared<T> {
    const left = new AbortController();
    const shared = { result: work(left.signal), left, waiting: 0 };
    // Who has left does not hear of its failure.
    shared.result.catch(() => {});
    this.#underWay.set(key, shared);
    return shared;
  }

  #end(key: string, shared: Shared<T>): void {
    this.#underWay.delete(key);
    shared.left.abort();
  }
}
