import { MIN_STREAM_WINDOW } from '../protocol/limits.js';

/** What one round of a stream has shown. Times are in ms. */
export interface Round {
  /** Bytes that have arrived. */
  readonly delivered: number;
  readonly duration: number;
  /** From granting credit to the first data that was sent with it. */
  readonly roundTrip: number;
  /** The moment at which it ended. */
  readonly now: number;
}

/** Growth of each round in the beginning, while more credit brings more rate. */
const START_GAIN = 2;

/** Growth later: enough to find out that there is more to have, little enough that no queue builds up. */
const GAIN = 1.25;

/**
 * Delay that programs add to that of the network, which is granted too, in ms: the more, the more it is they who are
 * the limit. A slow way has a queue of its own, and no use for another.
 */
const LEAST_SLACK = 6;
const MOST_SLACK = 16;

/** In bytes per ms, for each ms of slack. */
const RATE_OF_SLACK = 16_000;

/** How long the least round trip is believed, in ms. Then it is measured anew, with less data under way. */
const EPOCH = 10_000;

/** By how much the least round trip may rise with each measurement: an idle sender's answer tells nothing of the way. */
const TRIP_GAIN = 2;

/** How many rounds it takes to empty the queues on the way. */
const DRAIN_ROUNDS = 2;

/** The best rate of so many rounds counts. */
const REMEMBERED_ROUNDS = 8;

/** After so many rounds that were no faster, the beginning is over; that ask for less than the floor, the epoch is. */
const PATIENCE = 3;

/**
 * How much credit a stream should have: what arrives during the shortest round trip. More would only
 * stand in queues, where small messages wait behind it; less would leave the way empty.
 */
export class WindowSize {
  readonly #max: number;
  #bytes = MIN_STREAM_WINDOW;
  /** In bytes per ms, the latest last. */
  #rates: number[] = [];
  #leastTrip = Number.POSITIVE_INFINITY;
  /** Longer ones are not believed in this epoch. */
  #mostTrip = Number.POSITIVE_INFINITY;
  #epochStart: number;
  /** Within an epoch the window does not fall below this: what seems slow may only be farther away. */
  #floor = MIN_STREAM_WINDOW;
  /** Rounds in a row that wanted less: then the epoch ends early, to see which it is. */
  #roundsBelow = 0;
  #draining = 0;
  #starting = true;
  #bestInStart = 0;
  #slowRounds = 0;

  constructor(now: number, max: number) {
    this.#max = max;
    this.#epochStart = now;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Learns from a round that is over. */
  learn({ delivered, duration, roundTrip, now }: Round): void {
    if (now - this.#epochStart >= EPOCH || this.#roundsBelow === PATIENCE) this.#beginEpoch(now);
    this.#leastTrip = Math.min(this.#leastTrip, roundTrip, this.#mostTrip);
    this.#rates = [...this.#rates.slice(1 - REMEMBERED_ROUNDS), delivered / duration];
    const rate = Math.max(...this.#rates);
    if (this.#draining-- > 0) return;
    if (this.#starting) this.#starting = this.#growsWell(rate, roundTrip);
    const gain = this.#starting ? START_GAIN : GAIN;
    const target = Math.round(rate * (this.#leastTrip * gain + slackAt(rate)));
    // What was not used for a while comes back step by step: all at once it would stand in a queue.
    const most = this.#starting ? this.#max : Math.round(this.#bytes * GAIN);
    this.#roundsBelow = target < this.#floor && this.#floor > MIN_STREAM_WINDOW ? this.#roundsBelow + 1 : 0;
    this.#bytes = Math.min(this.#max, Math.max(this.#floor, Math.min(target, most)));
  }

  /** Only less data under way shows the true round trip; a longer one would pass a queue of our own for distance. */
  #beginEpoch(now: number): void {
    this.#epochStart = now;
    this.#roundsBelow = 0;
    this.#mostTrip = this.#leastTrip * TRIP_GAIN + MOST_SLACK;
    this.#leastTrip = Number.POSITIVE_INFINITY;
    this.#draining = DRAIN_ROUNDS;
    this.#bytes = Math.max(MIN_STREAM_WINDOW, Math.round(this.#bytes / 2));
    this.#floor = this.#bytes;
  }

  #growsWell(rate: number, roundTrip: number): boolean {
    if (roundTrip > this.#leastTrip * GAIN + slackAt(rate)) return false;
    if (rate > this.#bestInStart * GAIN) {
      this.#bestInStart = rate;
      this.#slowRounds = 0;
    } else {
      this.#slowRounds++;
    }
    return this.#slowRounds < PATIENCE;
  }
}

function slackAt(rate: number): number {
  return Math.min(MOST_SLACK, Math.max(LEAST_SLACK, rate / RATE_OF_SLACK));
}
