import type { EndOfTurn } from '../async/end-of-turn.js';
import type { Outlet } from './outlet.js';

export interface TurnQueueOptions {
  readonly outlet: Outlet;
  readonly endOfTurn: EndOfTurn;
  /** With this much it is written without waiting for the end of the turn. */
  readonly full: number;
}

/** What is sent by one connection in one turn of the event loop, to be written together. */
export abstract class TurnQueue<T> {
  protected readonly outlet: Outlet;
  readonly #endOfTurn: EndOfTurn;
  readonly #full: number;
  /** Only while there are any: V8 makes what outlives a turn where it is old from the first, and there it keeps what it held. */
  #items: T[] | undefined;
  #size = 0;
  #isAwaited = false;

  constructor({ outlet, endOfTurn, full }: TurnQueueOptions) {
    this.outlet = outlet;
    this.#endOfTurn = endOfTurn;
    this.#full = full;
    // Whatever else is written to this connection comes behind what was sent before.
    outlet.add(this);
  }

  /** Writes what waits. */
  flush(): void {
    const items = this.#items;
    if (!items) return;
    this.#items = undefined;
    this.#size = 0;
    this.write(items);
  }

  endTurn(): void {
    this.#isAwaited = false;
    this.flush();
  }

  close(): void {
    this.flush();
    this.outlet.remove(this);
  }

  protected put(item: T, size: number): void {
    if (this.#items) this.#items.push(item);
    else this.#items = [item];
    this.#size += size;
    if (this.#size >= this.#full) return this.flush();
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    this.#endOfTurn.add(this);
  }

  protected abstract write(items: readonly T[]): void;
}
