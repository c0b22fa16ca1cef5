/** Who has put something off until the end of a turn of the event loop. */
export interface EndsTurn {
  endTurn(): void;
}

/** Tells of the end of a turn: each once, however often it has put something off. */
export class EndOfTurn {
  #waiting: EndsTurn[] = [];

  /** To be called once a turn. */
  add(waiting: EndsTurn): void {
    if (this.#waiting.push(waiting) === 1) setImmediate(() => this.#tell());
  }

  #tell(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each.endTurn();
  }
}
