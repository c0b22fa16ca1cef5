import type { Element } from 'hast';
import { textIn } from './hast-text.js';

/** Longest id, in characters. */
const MAX_ID = 200;

/**
 * Fits the headings of one README, in their order: the page has its own first one, a level is never left out on the
 * way down, and each can be linked to by the name that GitHub gives it.
 */
export function headingFitter(): (heading: Element) => void {
  const used = new Map<string, number>();
  let before = 1;
  return (heading) => {
    const name = textIn(heading, 'spoken').trim();
    if (name === '') {
      heading.tagName = 'div';
      return;
    }
    before = Math.min(Number(heading.tagName[1]) + 1, before + 1, 6);
    heading.tagName = `h${before}`;
    heading.properties.id ??= uniqueId(name, used);
  };
}

function uniqueId(name: string, used: Map<string, number>): string {
  const letters = name.toLowerCase().replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '');
  const slug = letters.replace(/ /g, '-').slice(0, MAX_ID);
  const count = used.get(slug) ?? 0;
  used.set(slug, count + 1);
  return `user-content-${slug}${count === 0 ? '' : `-${count}`}`;
}
