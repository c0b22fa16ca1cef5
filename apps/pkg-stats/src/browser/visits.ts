import type { View } from '../pages/view.js';

interface Visit {
  view: View;
  scrollY: number;
}

/** How many pages are kept to go back to. */
const MAX_KEPT = 30;

/** The pages of this tab's history, as they were left. */
export class Visits {
  readonly #kept = new Map<string, Visit>();
  #key = '';

  constructor() {
    // Where to scroll to is known when the page is there again, which the browser does not wait for.
    // At first, and after a reload, the browser does it.
    const take = () => scrollBy('manual');
    addEventListener('pageshow', take);
    addEventListener('pagehide', () => scrollBy('auto'));
    this.#name(location.href, 'replaceState');
  }

  /** Keeps what is shown, as it is being left. */
  leave(view: View): void {
    this.#kept.delete(this.#key);
    this.#kept.set(this.#key, { view, scrollY });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }

  /** A new page, or in place of this one where it has the same address. */
  enter(path: string): void {
    const isSame = new URL(path, location.href).href === location.href;
    this.#name(path, isSame ? 'replaceState' : 'pushState');
  }

  /** What was shown at the place of the history where the browser is now, if it is still kept. */
  come(): Visit | undefined {
    const state: { key?: unknown } | null = history.state;
    if (typeof state?.key !== 'string') {
      this.#name(location.href, 'replaceState');
      return undefined;
    }
    this.#key = state.key;
    return this.#kept.get(this.#key);
  }

  #name(path: string, how: 'pushState' | 'replaceState'): void {
    this.#key = crypto.getRandomValues(new Uint32Array(2)).join('-');
    history[how]({ key: this.#key }, '', path);
  }
}

function scrollBy(who: ScrollRestoration): void {
  history.scrollRestoration = who;
}
