import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';

/** One process of an example. It prints a line that begins with `ready` when the next one may start. */
export class Part {
  /** Settles when the part is ready or has ended, with what it said after `ready`: the relay, its address. */
  ready;
  /** Settles when the part has ended and all that it printed is shown, with whether it did well. */
  ended;
  #child;
  #stopped = false;

  /**
   * @param {string} file `2-alice.js` is shown as `alice`
   * @param {{ env: Record<string, string>, print: (line: string) => void }} options
   */
  constructor(file, { env, print }) {
    const name = nameOf(file);
    this.#child = spawn(process.execPath, [file], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const show = (/** @type {string} */ line) => print(`${name.padEnd(5)} | ${line}`);
    createInterface(this.#child.stderr).on('line', show);
    const lines = createInterface(this.#child.stdout);
    this.ready = /** @type {Promise<string>} */ (
      new Promise((resolve) => {
        lines.on('line', (line) => (isReady(line) ? resolve(line.slice('ready'.length).trim()) : show(line)));
        this.#child.once('close', () => resolve(''));
      })
    );
    this.ended = /** @type {Promise<boolean>} */ (
      new Promise((resolve) => {
        this.#child.once('close', (code) => resolve(this.#stopped || code === 0));
      })
    );
  }

  stop() {
    this.#stopped = true;
    this.#child.kill();
  }
}

/** @param {string} file */
function nameOf(file) {
  return basename(file, '.js').replace(/^\d+-/, '');
}

/** @param {string} line */
function isReady(line) {
  return /^ready\b/.test(line);
}
