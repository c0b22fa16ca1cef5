/** A timer that has been set; only the clock that gave it knows what it is. */
export type Timer = unknown;

/** Where time comes from, so that a test can hold it still. */
export interface Clock {
  /** In ms, from any fixed moment. */
  now(): number;
  /** Calls `callback` once, `delay` ms from now. */
  setTimer(callback: () => void, delay: number): Timer;
  clearTimer(timer: Timer): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer: (callback, delay) => setTimeout(callback, delay),
  clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};
