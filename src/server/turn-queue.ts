import type { EndOfTurn } from '../async/end-of-turn.js';
import type { Outlet } from './outlet.js';

export interface TurnQueueOptions<T> {
  readonly outlet: Outlet;
  readonly endOfTurn: EndOfTurn;
  /** With this much it is written without waiting for the end of the turn. */
  readonly full: number;
  readonly write: (items: readonly T[]) => void;
}

/** What is sent by one connection in one turn of the event loop, to be written together. */
export class TurnQueue<T> {
  readonly #endOfTurn: EndOfTurn;
  readonly #full: number;
  readonly #write: (items: readonly T[]) => void;
  readonly #leave: () => void;
  readonly #endTurn = () => {
    this.#isAwaited = false;
    this.flush();
  };
  #items: T[] = [];
  #size = 0;
  #isAwaited = false;

  constructor({ outlet, endOfTurn, full, write }: TurnQueueOptions<T>) {
    this.#endOfTurn = endOfTurn;
    this.#full = full;
    this.#write = write;
    // Whatever else is written to this connection comes behind what was sent before.
    this.#leave = outlet.add(this);
  }

  append(item: T, size: number): void {
    this.#items.push(item);
    this.#size += size;
    if (this.#size >= this.#full) return this.flush();
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    this.#endOfTurn.add(this.#endTurn);
  }

  /** Writes what waits. */
  flush(): void {
    if (this.#items.length === 0) return;
    const items = this.#items;
    this.#items = [];
    this.#size = 0;
    this.#write(items);
  }

  close(): void {
    this.flush();
    this.#leave();
  }
}
