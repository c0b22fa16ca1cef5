import { setTimeout as pause } from 'node:timers/promises';
import PQueue from 'p-queue';
import { takeCredentials } from '../credentials.js';
import { retryAfter } from '../response-headers.js';

/** Posts that wait; what comes beyond is left out, and told. */
const MAX_WAITING = 1_000;

const ATTEMPTS = 5;

/** Before the second attempt, in ms; twice as long before each further one. */
const FIRST_PAUSE = 200;

/** Longest that a `Retry-After` is obeyed, in ms. */
const LONGEST_PAUSE = 60_000;

/** How long one attempt may take, in ms. */
const TIMEOUT = 10_000;

type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused' | 'again'; readonly why: string; readonly after: number | undefined };

/** Posts JSON to one address, in order, and again where that fails for now. */
export class Poster {
  readonly #address: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #queue = new PQueue({ concurrency: 1 });
  readonly #closing = new AbortController();

  /** @param address may have credentials, as `https://user:password@…` */
  constructor(address: string) {
    // fetch takes no credentials in an address, and says so with the address.
    const { url, authorization } = takeCredentials(address);
    this.#address = url;
    this.#headers = { 'content-type': 'application/json', ...(authorization && { authorization }) };
  }

  /** Failures are told on stderr: there is nobody else. */
  post(body: object): void {
    if (this.#queue.size >= MAX_WAITING) {
      console.error(`[webhook] left out, as ${MAX_WAITING} wait: ${JSON.stringify(body)}`);
      return;
    }
    void this.#queue.add(() => this.#deliver(JSON.stringify(body)));
  }

  /** What waits is given up. */
  close(): void {
    this.#queue.clear();
    this.#closing.abort();
  }

  async #deliver(body: string): Promise<void> {
    const { signal } = this.#closing;
    for (let attempt = 1; !signal.aborted; attempt++) {
      const outcome = await this.#attempt(body);
      if (outcome.kind === 'done' || signal.aborted) return;
      if (outcome.kind === 'refused' || attempt === ATTEMPTS) {
        console.error(`[webhook] given up (${outcome.why}): ${body}`);
        return;
      }
      await pause(pauseAfter(attempt, outcome.after), undefined, { signal }).catch(() => {});
    }
  }

  async #attempt(body: string): Promise<Outcome> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(TIMEOUT)]);
    try {
      // Followed, most redirects would become a GET, which posts nothing and looks like a success.
      const request = { method: 'POST', headers: this.#headers, body, signal, redirect: 'manual' } as const;
      const response = await fetch(this.#address, request);
      await response.body?.cancel();
      if (response.ok) return { kind: 'done' };
      const mayWork = response.status === 429 || response.status === 408 || response.status >= 500;
      const why = `it answers ${response.status}`;
      return { kind: mayWork ? 'again' : 'refused', why, after: retryAfter(response) };
    } catch (error) {
      return { kind: 'again', why: (error as Error).message, after: undefined };
    }
  }
}

/** Until the next attempt. @param after as the server wants it. All in ms. */
export function pauseAfter(attempt: number, after = 0): number {
  return Math.min(LONGEST_PAUSE, Math.max(after, FIRST_PAUSE * 2 ** (attempt - 1)));
}
