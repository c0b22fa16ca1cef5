import { randomUUID } from 'node:crypto';
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError, explainSystemError } from './cli-error.js';

/** What `link` fails with where there are no links. */
const NO_LINKS: ReadonlySet<unknown> = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

const EXISTS = 'There is a file of that name already';

/** A file that is being received: nobody sees it under its name before it is complete. */
export class ReceivedFile {
  readonly #file: FileHandle;
  readonly #temporary: string;
  readonly #path: string;

  constructor(file: FileHandle, temporary: string, path: string) {
    this.#file = file;
    this.#temporary = temporary;
    this.#path = path;
  }

  static async create(folder: string, name: string): Promise<ReceivedFile> {
    const temporary = join(folder, `.p2p-${randomUUID()}.part`);
    const file = await open(temporary, 'wx').catch((error) => {
      throw notWritten(error);
    });
    return new ReceivedFile(file, temporary, join(folder, name));
  }

  async write(chunk: Buffer): Promise<void> {
    // Unlike `write`, this goes on after a part.
    await this.#file.writeFile(chunk).catch((error) => {
      throw notWritten(error);
    });
  }

  /** Gives the file its name, in place of one that has it only with `force`. */
  async place(force: boolean): Promise<void> {
    try {
      await this.#file.sync();
      await this.#file.close();
      if (force) await rename(this.#temporary, this.#path);
      else await this.#placeAnew();
    } catch (error) {
      throw error instanceof CliError ? error : notWritten(error);
    }
  }

  /** Leaves nothing. */
  async remove(): Promise<void> {
    await this.#file.close().catch(() => {});
    await rm(this.#temporary, { force: true }).catch(() => {});
  }

  /** `rename` would take the place of a file that has come meanwhile; `link` does not. */
  async #placeAnew(): Promise<void> {
    try {
      await link(this.#temporary, this.#path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') throw new CliError(EXISTS);
      if (!NO_LINKS.has(code)) throw error;
      const refusal = await refusedPlace(this.#path, false);
      if (refusal) throw new CliError(refusal);
      return rename(this.#temporary, this.#path);
    }
    await rm(this.#temporary, { force: true }).catch(() => {});
  }
}

/** Why no file can be put there, by what is there already. */
export async function refusedPlace(path: string, force: boolean): Promise<string | undefined> {
  try {
    const stats = await lstat(path);
    if (!force) return EXISTS;
    return stats.isDirectory() ? 'There is a folder of that name' : undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : notWritten(error).message;
  }
}

function notWritten(error: unknown): CliError {
  return new CliError(`The file cannot be written: ${explainSystemError(error)}`);
}
