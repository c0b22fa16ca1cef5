import { MAX_STREAM_CHUNK, MAX_STREAM_WINDOW, STREAM_PACKET_COST } from '../../src/protocol/limits.js';
import { ReceiveWindow } from '../../src/stream/receive-window.js';

/** What lies between the two ends; may change as time goes on. */
export interface PathConditions {
  /** Of the bottleneck, in bytes per ms. */
  rate: number;
  /** Of each way, in ms. */
  delay: number;
  /** Most that comes on top of the delay, at random, in ms. */
  jitter: number;
  /** How fast the receiver's application reads, in bytes per ms. */
  readRate: number;
  /** Whether the sender's application has something to send. */
  sending: boolean;
}

/** What a simulation has shown, over one stretch of time. */
export interface PathReport {
  /** Part of what the bottleneck could have carried. */
  readonly share: number;
  /** Before the bottleneck, in bytes. */
  readonly meanQueue: number;
  readonly mostQueue: number;
  /** Received and not read, in bytes. */
  readonly mostUnread: number;
  /** Credit that the sender has or has used, less what was read, in bytes: the window as it is in force. */
  readonly window: number;
}

interface Event {
  readonly at: number;
  readonly run: () => void;
}

/** A random number, 0 to 1, the same each time. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** One direction of a stream over a network in virtual time: a real window at one end, an eager sender at the other. */
export class SimulatedPath {
  readonly conditions: PathConditions;
  readonly #random: () => number;
  readonly #window: ReceiveWindow;
  #now = 0;
  #events: Event[] = [];
  // the sender
  #credit: number;
  #probe = 0;
  // the bottleneck: packets queue before it
  #freeAt = 0;
  #lastArrival = 0;
  #lastCreditArrival = 0;
  #queued = 0;
  // the receiver
  #unread: number[] = [];
  #unreadBytes = 0;
  #readingUntil = 0;
  #granted: number;
  #read = 0;
  // what is measured
  #delivered = 0;
  #capacity = 0;
  #queueTime = 0;
  #mostQueue = 0;
  #mostUnread = 0;
  #lastChange = 0;

  constructor(conditions: Partial<PathConditions> & Pick<PathConditions, 'rate' | 'delay'>, seed = 1) {
    const unlimited = Number.POSITIVE_INFINITY;
    this.conditions = { jitter: 0, readRate: unlimited, sending: true, ...conditions };
    this.#random = seededRandom(seed);
    this.#window = new ReceiveWindow({ now: () => this.#now, maxWindow: MAX_STREAM_WINDOW });
    this.#credit = this.#window.open;
    this.#granted = this.#credit;
    // The first credit takes its way too: the stream was opened just before.
    this.#credit = 0;
    const first = this.#granted;
    this.#at(this.#delay(), () => this.#credited(first, 0));
  }

  change(conditions: Partial<PathConditions>): void {
    this.#account();
    Object.assign(this.conditions, conditions);
    this.#send();
  }

  /** Lets time pass, in ms. */
  run(duration: number): PathReport {
    const end = this.#now + duration;
    this.#resetReport();
    for (let next = this.#events[0]; next && next.at <= end; next = this.#events[0]) {
      popEarliest(this.#events);
      this.#advance(next.at);
      next.run();
    }
    this.#advance(end);
    return {
      share: this.#delivered / this.#capacity,
      meanQueue: this.#queueTime / duration,
      mostQueue: this.#mostQueue,
      mostUnread: this.#mostUnread,
      window: this.#granted - this.#read,
    };
  }

  /** Until so much of the bottleneck is used over a stretch of 200 ms, in ms. */
  timeToReach(share: number, most = 60_000): number {
    const step = 200;
    for (let time = step; time <= most; time += step) if (this.run(step).share >= share) return time;
    return Number.POSITIVE_INFINITY;
  }

  #send(): void {
    const { conditions } = this;
    while (conditions.sending && this.#credit >= 1_024 + STREAM_PACKET_COST) {
      const size = Math.min(MAX_STREAM_CHUNK, this.#credit - STREAM_PACKET_COST);
      this.#credit -= size + STREAM_PACKET_COST;
      this.#queue(size, this.#probe);
    }
  }

  #queue(size: number, probe: number): void {
    this.#account();
    this.#queued += size;
    this.#mostQueue = Math.max(this.#mostQueue, this.#queued);
    this.#freeAt = Math.max(this.#freeAt, this.#now) + size / this.conditions.rate;
    this.#at(this.#freeAt, () => {
      this.#account();
      this.#queued -= size;
      this.#lastArrival = Math.max(this.#lastArrival, this.#now + this.#delay());
      this.#at(this.#lastArrival, () => this.#arrived(size, probe));
    });
  }

  #arrived(size: number, probe: number): void {
    this.#delivered += size;
    const cost = size + STREAM_PACKET_COST;
    if (!this.#window.arrived(cost, probe)) throw new Error('Data beyond the credit');
    this.#unread.push(cost);
    this.#unreadBytes += size;
    this.#mostUnread = Math.max(this.#mostUnread, this.#unreadBytes);
    this.#readingUntil = Math.max(this.#readingUntil, this.#now) + size / this.conditions.readRate;
    this.#at(this.#readingUntil, () => this.#take());
  }

  #take(): void {
    const cost = this.#unread.shift() ?? 0;
    this.#unreadBytes -= cost - STREAM_PACKET_COST;
    this.#read += cost;
    this.#window.taken(cost);
    const grant = this.#window.grant();
    if (!grant) return;
    this.#granted += grant.credit;
    this.#lastCreditArrival = Math.max(this.#lastCreditArrival, this.#now + this.#delay());
    this.#at(this.#lastCreditArrival, () => this.#credited(grant.credit, grant.probe));
  }

  #credited(credit: number, probe: number): void {
    this.#credit += credit;
    this.#probe = probe;
    this.#send();
  }

  #delay(): number {
    return this.conditions.delay + this.#random() * this.conditions.jitter;
  }

  #at(at: number, run: () => void): void {
    push(this.#events, { at, run });
  }

  #advance(to: number): void {
    this.#capacity += (to - this.#now) * this.conditions.rate;
    this.#now = to;
    this.#account();
  }

  #account(): void {
    this.#queueTime += this.#queued * (this.#now - this.#lastChange);
    this.#lastChange = this.#now;
  }

  #resetReport(): void {
    this.#account();
    this.#delivered = 0;
    this.#capacity = 0;
    this.#queueTime = 0;
    this.#mostQueue = this.#queued;
    this.#mostUnread = this.#unreadBytes;
  }
}

// A heap: the earliest event comes first.

function push(heap: Event[], event: Event): void {
  let index = heap.push(event) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (at(heap, parent) <= event.at) break;
    swap(heap, index, parent);
    index = parent;
  }
}

function popEarliest(heap: Event[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  heap[0] = last;
  for (let index = 0; ; ) {
    const left = 2 * index + 1;
    const least = at(heap, left + 1) < at(heap, left) ? left + 1 : left;
    if (at(heap, least) >= last.at) return;
    swap(heap, index, least);
    index = least;
  }
}

function at(heap: Event[], index: number): number {
  return heap[index]?.at ?? Number.POSITIVE_INFINITY;
}

function swap(heap: Event[], one: number, other: number): void {
  const event = heap[one] as Event;
  heap[one] = heap[other] as Event;
  heap[other] = event;
}
