import { mainPart, type View } from '../pages/view.js';
import { focusHeading } from './keep-focus.js';

/** Does for a page that has come without a load what a browser does for one that is loaded. */
export class Arrival {
  #isUnderWay = false;
  /** The id of what is to be scrolled to, when it is there. */
  #place = '';

  /** @param hash as in an address */
  begin(hash: string): void {
    this.#isUnderWay = true;
    this.#place = hash.slice(1);
  }

  /** Once what the page is for has come, whoever listens is told. */
  show(view: View): void {
    if (!this.#isUnderWay || mainPart(view).state === 'loading') return;
    this.#isUnderWay = false;
    const announcer = document.querySelector('body > #announcer');
    if (announcer) announcer.textContent = document.title;
    if (document.activeElement === document.body) focusHeading();
    if (this.#place !== '') document.getElementById(this.#place)?.scrollIntoView();
    this.#place = '';
  }
}
