import type { Spread } from './statistics.js';

/** A Markdown table: the first column to the left, figures to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? ':--' : '--:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** At least three digits that say something, thousands grouped. */
export function number(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A whole number, thousands grouped. */
export function count(value: number): string {
  return value.toLocaleString('en');
}

/** The median, and the range in brackets. */
export function spread({ median, least, most }: Spread, format: (value: number) => string = number): string {
  return `${format(median)} (${format(least)}–${format(most)})`;
}

export function ratio(value: number): string {
  return value.toFixed(2);
}
