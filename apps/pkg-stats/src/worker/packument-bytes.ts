import { type PackageRecord, readPackument } from './packument.js';
import { parseJson } from './read-bounded.js';

/** Reads a packument as it was sent: what threads do with large ones. @throws SourceError */
export function readPackumentBytes({ bytes, name }: { bytes: Uint8Array; name: string }): PackageRecord | undefined {
  return readPackument(parseJson(bytes), name);
}
