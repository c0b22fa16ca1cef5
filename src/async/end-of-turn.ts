/** Does what has been put off until the end of a turn of the event loop: each once, however often it was asked for. */
export class EndOfTurn {
  #waiting: (() => void)[] = [];

  /** The caller asks once a turn. */
  add(task: () => void): void {
    if (this.#waiting.push(task) === 1) setImmediate(() => this.#run());
  }

  #run(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const task of waiting) task();
  }
}
