import type { PackageRecord } from './packument.js';
import { readPackumentBytes } from './packument-bytes.js';
import { LARGE } from './read-bounded.js';
import { SourceError } from './source-errors.js';
import { threadPool } from './thread-pool.js';

/** Reads packuments, and large ones beside everything else: those of tens of megabytes take seconds. */
export class PackumentThreads {
  readonly #pool = threadPool('packument-bytes.js');

  /** @returns nothing where all versions were taken out @throws SourceError */
  async read(bytes: Buffer, name: string, signal: AbortSignal): Promise<PackageRecord | undefined> {
    if (bytes.byteLength <= LARGE) return readPackumentBytes({ bytes, name });
    const transferList = [bytes.buffer as ArrayBuffer];
    try {
      return await this.#pool.run({ bytes, name }, { name: readPackumentBytes.name, transferList, signal });
    } catch (cause) {
      if (signal.aborted) throw cause;
      throw new SourceError('failing', `What the registry says of ${name} cannot be read`, { cause });
    }
  }

  /** What is under way ends unfinished. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
