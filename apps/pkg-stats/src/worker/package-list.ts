import type { PackageSummary } from '../contract.js';
import { cut } from './json-reader.js';

/** Most bytes of a list: the answer around it has to fit into one message of a visitor, which has a million. */
const MAX_BYTES = 800_000;

/** What a list shows of each. */
const MOST = { description: 140, keywords: 8, maintainers: 10 };

/** Packages as lists show them, as many as fit into one message. */
export function packageList(packages: readonly PackageSummary[]): PackageSummary[] {
  const list: PackageSummary[] = [];
  let bytes = 0;
  for (const summary of packages.map(shortened)) {
    bytes += Buffer.byteLength(JSON.stringify(summary)) + 1;
    if (bytes > MAX_BYTES) break;
    list.push(summary);
  }
  return list;
}

function shortened(summary: PackageSummary): PackageSummary {
  const { description, keywords, maintainers } = summary;
  const isLong = description.length > MOST.description;
  return {
    ...summary,
    description: isLong ? `${cut(description, MOST.description - 1)}…` : description,
    keywords: keywords.slice(0, MOST.keywords),
    maintainers: maintainers.slice(0, MOST.maintainers),
  };
}
