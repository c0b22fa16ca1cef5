/** A timer that has been set; only the clock that gave it knows what it is. */
export type Timer = unknown;

/** Where time comes from, so that a test can hold it still. */
export interface Clock {
  /** Calls `callback` once, `delay` ms from now. */
  setTimer(callback: () => void, delay: number): Timer;
  clearTimer(timer: Timer): void;
}

export const systemClock: Clock = {
  setTimer: (callback, delay) => setTimeout(callback, delay),
  clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};
