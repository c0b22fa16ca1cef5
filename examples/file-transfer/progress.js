import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';

/** Passes a file on, says how far it is at each quarter, and takes its checksum. */
export class Progress extends Transform {
  #size;
  #passed = 0;
  #checksum = createHash('sha256');
  #say;

  /**
   * @param {number} size of the whole file, in bytes; any other ends in an error
   * @param {(percent: number) => void} say
   */
  constructor(size, say) {
    super();
    this.#size = size;
    this.#say = say;
  }

  /** Of the whole file, when that has passed. */
  get checksum() {
    return this.#checksum.copy().digest('hex');
  }

  /**
   * @override
   * @param {Buffer} bytes
   * @param {string} _encoding
   * @param {import('node:stream').TransformCallback} done
   */
  _transform(bytes, _encoding, done) {
    const before = this.#quarters;
    this.#passed += bytes.length;
    if (this.#passed > this.#size) return done(new Error('There is more of it than was announced'));
    this.#checksum.update(bytes);
    for (let quarter = before + 1; quarter <= this.#quarters; quarter++) this.#say(quarter * 25);
    done(null, bytes);
  }

  /**
   * @override
   * @param {import('node:stream').TransformCallback} done
   */
  _flush(done) {
    done(this.#passed < this.#size ? new Error('There is less of it than was announced') : null);
  }

  get #quarters() {
    return Math.floor((this.#passed / this.#size) * 4);
  }
}
