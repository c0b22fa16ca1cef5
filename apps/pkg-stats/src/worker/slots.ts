import PQueue from 'p-queue';

/** Places for so many at a time; others wait, and leave by their signal. */
export class Slots {
  readonly #queue: PQueue;

  constructor(many: number) {
    this.#queue = new PQueue({ concurrency: many });
  }

  /** @returns what gives the place back */
  take(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      this.#queue.add(() => new Promise<void>((leave) => resolve(leave)), { signal }).catch(reject);
    });
  }
}
