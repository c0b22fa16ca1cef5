/** Something that is costly to make: whoever asks meanwhile shares it, and it is kept for a while. */
export class Kept<T> {
  readonly #make: () => Promise<T>;
  readonly #keepFor: number;
  readonly #now: () => number;
  #latest: { readonly value: Promise<T>; readonly madeAt: number } | undefined;

  /** @param keepFor in ms, from when it was asked for */
  constructor(make: () => Promise<T>, keepFor: number, now: () => number = Date.now) {
    this.#make = make;
    this.#keepFor = keepFor;
    this.#now = now;
  }

  /** Rejects as the making does, which is tried again by the next who asks. */
  get(): Promise<T> {
    if (this.#latest && this.#now() - this.#latest.madeAt < this.#keepFor) return this.#latest.value;
    const made = { value: this.#make(), madeAt: this.#now() };
    this.#latest = made;
    made.value.catch(() => {
      if (this.#latest === made) this.#latest = undefined;
    });
    return made.value;
  }
}
