import { mkdir, readFile, writeFile } from 'node:fs/promises';

/** What a run leaves in the repository. */
export interface ResultFiles {
  /** Of the file and of the README's markers. */
  readonly name: string;
  /** As JSON, nothing summed up. */
  readonly results: object;
  readonly report: string;
  /** As SVG. */
  readonly plot?: string;
}

const README = new URL('../README.md', import.meta.url);
const RESULTS = new URL('../results/', import.meta.url);

/** @throws Error when the README has no place for the report */
export async function writeResults({ name, results, report, plot }: ResultFiles): Promise<void> {
  const readme = replaceBetween(await readFile(README, 'utf8'), name, report);
  await mkdir(RESULTS, { recursive: true });
  await writeFile(new URL(`${name}.json`, RESULTS), `${JSON.stringify(results, undefined, 1)}\n`);
  if (plot !== undefined) await writeFile(new URL(`${name}.svg`, RESULTS), plot);
  await writeFile(README, readme);
}

function replaceBetween(text: string, name: string, replacement: string): string {
  const begin = `<!-- ${name}:begin -->`;
  const end = `<!-- ${name}:end -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`bench/README.md has no ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n${replacement}\n${text.slice(to)}`;
}
