import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Part } from './part.js';

/** The parts of one folder, run in the order of their numbers. The first is the relay. */
export class Example {
  #folder;
  #print;
  /** @type {Part[]} */
  #parts = [];
  #exitCode = 0;
  #stopped = false;

  /**
   * @param {string} folder
   * @param {(line: string) => void} print
   */
  constructor(folder, print) {
    this.#folder = folder;
    this.#print = print;
  }

  /**
   * Starts each part when the one before is ready, and waits for the last one to end.
   *
   * @returns an exit code, when no part is left
   */
  async run() {
    const env = { P2P_PORT: '0', P2P_URL: '' };
    const files = readdirSync(this.#folder).filter((file) => /^\d+-.*\.js$/.test(file));
    for (const file of files.sort(byNumber)) {
      if (this.#stopped) break;
      const address = await this.#start(file, env).ready;
      if (address) env.P2P_URL = address;
    }
    await this.#parts.at(-1)?.ended;
    this.stop();
    await Promise.all(this.#parts.map((part) => part.ended));
    return this.#exitCode;
  }

  /** Ends all parts; the first exit code counts. */
  stop(exitCode = 0) {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#exitCode = exitCode;
    for (const part of this.#parts) part.stop();
  }

  /**
   * @param {string} file
   * @param {Record<string, string>} env
   */
  #start(file, env) {
    const part = new Part(join(this.#folder, file), { env, print: this.#print });
    this.#parts.push(part);
    part.ended.then(
      (well) => well || this.stop(1),
      () => this.stop(1),
    );
    return part;
  }
}

/**
 * @param {string} first
 * @param {string} second
 */
function byNumber(first, second) {
  return Number.parseInt(first, 10) - Number.parseInt(second, 10);
}
