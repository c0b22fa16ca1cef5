/**
 * Reads a part of JSON that anybody may have written: own properties only, so that no name finds what all objects
 * inherit, and nothing longer than it may be.
 */
export function own(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The own properties of an object, and none of anything else. */
export function entriesOf(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : [];
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Trimmed, and cut where it is longer than `most` UTF-16 code units; nothing where it is empty or no text. */
export function textOf(value: unknown, most: number): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = cleaned(cut(value, most)).trim();
  return text === '' ? undefined : text;
}

/** What changes the direction of all the text after it, so that a page says something else than what is written. */
const BIDI = '\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069';
const UNWANTED = new RegExp(`[\\p{Cc}\\p{Cs}${BIDI}]`, 'gu');
const UNWANTED_IN_MARKDOWN = new RegExp(`[\\0\\p{Cs}${BIDI}]`, 'gu');

/** One line, without what no reader should see. */
export function cleaned(text: string): string {
  return text.replace(/[\t\n\r]+/g, ' ').replace(UNWANTED, '');
}

/** The same for text of several lines. */
export function cleanedMarkdown(text: string): string {
  return text.replace(UNWANTED_IN_MARKDOWN, '');
}

/** A whole number that is not negative. */
export function countOf(value: unknown): number | null {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null;
}

/** Clocks may differ by so much, in ms. */
const DAY = 86_400_000;

/** In ms since 1970; null where it is none, or has still to come: whoever says so would be the newest for ever. */
export function timeOf(value: unknown): number | null {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) || time > Date.now() + DAY ? null : time;
}

/** Cuts between characters, not inside one. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const isInside = /[\ud800-\udbff]/.test(text.charAt(most - 1));
  return text.slice(0, isInside ? most - 1 : most);
}

/** `{ name }`, or as people write it: `name <address> (page)`. */
export function userOf(value: unknown): string | undefined {
  const name = typeof value === 'string' ? value.split(/[<(]/)[0] : (own(value, 'username') ?? own(value, 'name'));
  return textOf(name, 100);
}

/** Each text once, and not too many. */
export function textsOf(values: readonly unknown[], { most, length }: { most: number; length: number }): string[] {
  const texts = values.map((value) => textOf(value, length)).filter((text) => text !== undefined);
  return [...new Set(texts)].slice(0, most);
}
