export interface AskingOptions {
  /** In ms. */
  readonly interval: number;
  readonly failed: (error: Error) => void;
}

/** Asks at a steady pace, whether or not the answers to earlier questions are there. */
export class AskingLoad {
  readonly #ask: () => Promise<unknown>;
  readonly #failed: (error: Error) => void;
  readonly #answers: Promise<void>[] = [];
  readonly #latencies: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(ask: () => Promise<unknown>, { interval, failed }: AskingOptions) {
    this.#ask = ask;
    this.#failed = failed;
    this.#timer = setInterval(() => this.#answers.push(this.#askOnce()), interval);
  }

  /** Settles when all answers are there. Gives the round trips, in ms. */
  async stop(): Promise<number[]> {
    clearInterval(this.#timer);
    await Promise.all(this.#answers);
    return this.#latencies;
  }

  async #askOnce(): Promise<void> {
    const start = performance.now();
    await this.#ask().catch(this.#failed);
    this.#latencies.push(performance.now() - start);
  }
}
