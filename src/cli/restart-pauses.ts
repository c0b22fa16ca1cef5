import { BackOff } from '../async/back-off.js';

/** One that was ready for this long has not died at once, in ms. */
const SETTLED_AFTER = 60_000;

/** How long to wait before a process that has died is started anew: not at all, unless one after another dies at once. */
export class RestartPauses {
  readonly #backOff = new BackOff({ min: 1_000, max: 30_000, jitter: 0 });
  #mayBeChance = true;

  /**
   * @param age how long it was ready, in ms
   * @returns in ms
   */
  after(age: number): number {
    if (age >= SETTLED_AFTER) {
      this.#backOff.reset();
      this.#mayBeChance = true;
    }
    const pause = this.#mayBeChance ? 0 : this.#backOff.next();
    this.#mayBeChance = false;
    return pause;
  }
}
