import { randomInt } from 'node:crypto';

/** Epochs count from here, in ms, so that six bytes hold them for some decades. */
const START = Date.UTC(2024, 0);

/** So many servers at most are told apart. */
const NODES = 256;

/**
 * Epochs that no two sessions of a client id have, at whatever servers they are; who began later has the greater one, as
 * far as the clocks of the servers agree.
 */
export class Epochs {
  readonly #node = randomInt(NODES);
  #last = 0;

  next(): number {
    this.#last = Math.max((Date.now() - START) * NODES + this.#node, this.#last + NODES);
    return this.#last;
  }
}
