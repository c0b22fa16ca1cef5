/** A request from one client to another, by its place among all of the first. */
export interface Operation {
  readonly from: string;
  readonly to: string;
  readonly number: number;
}

type Outcome = 'open' | 'ok' | 'fail' | 'unknown';

interface Logged extends Operation {
  outcome: Outcome;
  deliveries: number;
}

/** Logs what clients ask of each other, what came of it and what arrived, and says where that does not fit. */
export class History {
  readonly codes: Record<string, number> = {};
  readonly #log = new Map<string, Logged>();
  readonly #numbers = new Map<string, number>();
  /** The last number that came, by pair. */
  readonly #last = new Map<string, number>();
  readonly #closed = new Set<string>();
  readonly #problems: string[] = [];
  #answered = 0;

  get answered(): number {
    return this.#answered;
  }

  get summary(): string {
    return `${this.#log.size} requests, ${this.#answered} ok, ${JSON.stringify(this.codes)}`;
  }

  invoke(from: string, to: string): Operation {
    const number = (this.#numbers.get(from) ?? 0) + 1;
    this.#numbers.set(from, number);
    const operation: Logged = { from, to, number, outcome: 'open', deliveries: 0 };
    this.#log.set(nameOf(operation), operation);
    return operation;
  }

  ok(operation: Operation): void {
    this.#answered++;
    this.#settle(operation, 'ok');
  }

  /** It is certain that it has not arrived, and will not. */
  fail(operation: Operation, code: string): void {
    this.#count(code);
    this.#settle(operation, 'fail');
  }

  unknown(operation: Operation, code: string): void {
    this.#count(code);
    this.#settle(operation, 'unknown');
  }

  delivered(operation: Operation, receiver: string): void {
    const name = nameOf(operation);
    const logged = this.#log.get(name);
    if (!logged) return this.#problem(name, 'was never sent');
    if (logged.to !== receiver || operation.to !== receiver) this.#problem(name, `came to ${receiver}`);
    if (++logged.deliveries > 1) this.#problem(name, 'came more than once');
    if (logged.outcome === 'fail') this.#problem(name, 'came after it had failed');
    if (this.#closed.has(receiver)) this.#problem(name, `came after ${receiver} had closed`);
    const pair = `${logged.from} ${logged.to}`;
    if ((this.#last.get(pair) ?? 0) > logged.number) this.#problem(name, 'came after a later one');
    this.#last.set(pair, logged.number);
  }

  close(clientId: string): void {
    this.#closed.add(clientId);
  }

  problems(): string[] {
    for (const logged of this.#log.values()) {
      const name = nameOf(logged);
      if (logged.outcome === 'open') this.#problem(name, 'was never settled');
      if (logged.outcome === 'ok' && logged.deliveries === 0) this.#problem(name, 'was acknowledged and did not come');
      if (logged.outcome === 'fail' && logged.deliveries > 0) this.#problem(name, 'came and failed');
    }
    return this.#problems;
  }

  #settle(operation: Operation, outcome: Outcome): void {
    const logged = this.#log.get(nameOf(operation));
    if (logged?.outcome !== 'open') this.#problem(nameOf(operation), 'was settled more than once');
    else logged.outcome = outcome;
  }

  #count(code: string): void {
    this.codes[code] = (this.codes[code] ?? 0) + 1;
  }

  #problem(name: string, problem: string): void {
    this.#problems.push(`${name} ${problem}`);
  }
}

function nameOf({ from, to, number }: Operation): string {
  return `${from} → ${to} ${number}`;
}
