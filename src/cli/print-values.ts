import { formatJson } from './format-json.js';
import type { PrintLine } from './line-printer.js';

/** Prints values as they come, each as JSON; JSON has none for undefined, which is left out. */
export async function printValues(values: AsyncIterable<unknown> | Iterable<unknown>, print: PrintLine): Promise<void> {
  for await (const value of values) if (value !== undefined) await print(formatJson(value));
}
