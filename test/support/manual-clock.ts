import type { Clock, Timer } from '../../src/async/clock.js';

/** Time that passes only when a test says so. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #timers = new Map<Timer, { readonly due: number; readonly callback: () => void }>();
  #lastTimer = 0;

  get pendingTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delay: number): Timer {
    const timer = ++this.#lastTimer;
    this.#timers.set(timer, { due: this.#now + delay, callback });
    return timer;
  }

  clearTimer(timer: Timer): void {
    this.#timers.delete(timer);
  }

  advance(by: number): void {
    this.#now += by;
    for (const [timer, { due, callback }] of this.#timers) {
      if (due > this.#now) continue;
      this.#timers.delete(timer);
      callback();
    }
  }
}
