import { WindowSize } from './window-size.js';

/** Shortest round, in ms: over less a rate says nothing. */
const LEAST_ROUND = 10;

/** Small portions of credit are used evenly, but each is a packet: they come at most this often, in ms. */
const LEAST_PAUSE = 4;

/** What is worth a packet after such a pause, in bytes. */
const WORTHY_PORTION = 262_144;

/** Credit to be granted, and what shall come back with the data that it lets through. */
export interface Grant {
  readonly credit: number;
  readonly probe: number;
}

export interface ReceiveWindowOptions {
  /** In ms, from any fixed moment. */
  readonly now: () => number;
  /** Most credit at once, in bytes. */
  readonly maxWindow: number;
}

/** The receiver's side of flow control: how much the sender may send, as the application takes what came. */
export class ReceiveWindow {
  readonly #now: () => number;
  readonly #size: WindowSize;
  // All three count bytes from the beginning of the stream.
  #granted: number;
  #arrived = 0;
  #taken = 0;
  #probe = 0;
  #probeSent: number;
  /** The probe has come back, and the next grant carries a new one. */
  #answered = false;
  #lastGrant: number;
  #roundTrip: number | undefined;
  #roundStart: number;
  #roundArrived = 0;

  constructor({ now, maxWindow }: ReceiveWindowOptions) {
    const start = now();
    this.#now = now;
    this.#size = new WindowSize(start, maxWindow);
    this.#granted = this.#size.bytes;
    this.#lastGrant = start;
    this.#probeSent = start;
    this.#roundStart = start;
  }

  /** What the sender may send, as far as is known here, in bytes. */
  get open(): number {
    return this.#granted - this.#arrived;
  }

  /** @returns whether there was credit for it */
  arrived(cost: number, probe: number): boolean {
    if (cost > this.open) return false;
    this.#arrived += cost;
    this.#measure(probe);
    return true;
  }

  /** The application has taken what cost this much. */
  taken(cost: number): void {
    this.#taken += cost;
  }

  /** Credit that is due to the sender, if it is worth a packet. */
  grant(): Grant | undefined {
    const size = this.#size.bytes;
    const credit = this.#taken + size - this.#granted;
    if (credit < Math.min(size / 8, WORTHY_PORTION)) return undefined;
    const now = this.#now();
    if (credit < size / 4 && now - this.#lastGrant < LEAST_PAUSE) return undefined;
    this.#lastGrant = now;
    this.#granted += credit;
    if (this.#answered) {
      this.#answered = false;
      this.#probe++;
      this.#probeSent = now;
    }
    return { credit, probe: this.#probe };
  }

  /** A round lasts from one probe's return to that of the next: times without traffic count in. */
  #measure(probe: number): void {
    if (this.#answered) return;
    const now = this.#now();
    if (probe === this.#probe) this.#roundTrip ??= now - this.#probeSent;
    const duration = now - this.#roundStart;
    if (this.#roundTrip === undefined || duration < LEAST_ROUND) return;
    this.#size.learn({ delivered: this.#arrived - this.#roundArrived, duration, roundTrip: this.#roundTrip, now });
    this.#roundStart = now;
    this.#roundArrived = this.#arrived;
    this.#roundTrip = undefined;
    this.#answered = true;
  }
}
